//! Makes instruments and puts them into the registry, so that each is named in one place.

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

use crate::MetricsError;

/// What every counter and every histogram means after a restart, at the end of its text.
pub(crate) const SINCE: &str = "Counted since this process began, at 0.";

/// The registry while instruments are being made. It has no prefix: that would rename `process_*`, too.
pub(crate) struct Register<'a>(pub(crate) &'a Registry);

impl Register<'_> {
    pub(crate) fn counter(&self, name: &str, help: &str) -> Result<IntCounter, MetricsError> {
        self.add(IntCounter::new(name, since(help))?)
    }

    pub(crate) fn counters(
        &self,
        name: &str,
        labels: &[&str],
        help: &str,
    ) -> Result<IntCounterVec, MetricsError> {
        self.add(IntCounterVec::new(Opts::new(name, since(help)), labels)?)
    }

    /// A gauge of whole numbers.
    pub(crate) fn number(&self, name: &str, help: &str) -> Result<IntGauge, MetricsError> {
        self.add(IntGauge::new(name, help)?)
    }

    /// Gauges of whole numbers.
    pub(crate) fn numbers(
        &self,
        name: &str,
        labels: &[&str],
        help: &str,
    ) -> Result<IntGaugeVec, MetricsError> {
        self.add(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(crate) fn gauge(&self, name: &str, help: &str) -> Result<Gauge, MetricsError> {
        self.add(Gauge::new(name, help)?)
    }

    pub(crate) fn gauges(&self, name: &str, labels: &[&str], help: &str) -> Result<GaugeVec, MetricsError> {
        self.add(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(crate) fn histogram(
        &self,
        name: &str,
        buckets: &[f64],
        help: &str,
    ) -> Result<Histogram, MetricsError> {
        self.add(Histogram::with_opts(HistogramOpts::new(name, since(help)).buckets(buckets.to_vec()))?)
    }

    pub(crate) fn histograms(
        &self,
        name: &str,
        labels: &[&str],
        buckets: &[f64],
        help: &str,
    ) -> Result<HistogramVec, MetricsError> {
        self.add(HistogramVec::new(HistogramOpts::new(name, since(help)).buckets(buckets.to_vec()), labels)?)
    }

    pub(crate) fn add<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C, MetricsError> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}

fn since(help: &str) -> String {
    format!("{help} {SINCE}")
}
