//! The report as `JUnit` XML: a test case for each unit.

use std::collections::BTreeMap;
use std::time::Duration;

use events::{Report, UnitReport, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::clean;
use super::timeline::Timeline;
use crate::failure::Failure;

/// The report as XML. A module that is not at its target is a failure, by its fault's code; one without a verdict is an
/// error. Each case has its transcript.
pub(crate) fn junit(report: &Report, timelines: &BTreeMap<String, Timeline>) -> Result<String, Failure> {
    let mut suite = TestSuite::new(clean(&report.rack));
    for unit in &report.units {
        suite.add_test_case(case(unit, timelines.get(&unit.unit)));
    }
    let mut all = quick_junit::Report::new(clean(&report.batch));
    all.add_test_suite(suite);
    let text = all.to_string();
    text.map_err(|error| Failure::environment(format!("the report cannot be written: {error}")))
}

fn case(unit: &UnitReport, timeline: Option<&Timeline>) -> TestCase {
    let imei = unit.imei.as_ref().map_or("not identified", |imei| imei.as_str());
    let mut case = TestCase::new(format!("{} {imei}", clean(&unit.slot)), status(unit));
    case.set_classname(clean(unit.model.as_deref().unwrap_or("not identified")));
    if let Some(ms) = unit.duration_ms {
        case.set_time(Duration::from_millis(ms));
    }
    if let Some(timeline) = timeline.filter(|timeline| !timeline.is_empty()) {
        case.set_system_out(timeline.text());
    }
    case
}

fn status(unit: &UnitReport) -> TestCaseStatus {
    let Some(verdict) = super::figures::stands(unit) else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_type("open")
            .set_message("no verdict is recorded: it is under way, or its record was cut off");
        return status;
    };
    if verdict.good() {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let revision = |revision: &Option<String>| clean(revision.as_deref().unwrap_or("unknown")).into_owned();
    let (before, after) = (revision(&unit.revision_before), revision(&unit.revision_after));
    let mut text = format!("{verdict}: revision {before} before, {after} after");
    match &unit.fault {
        Some(fault) => {
            let message = clean(&fault.message);
            text =
                format!("{text}\n{} ({})\nwhat to do: {}", fault.code, fault.class, fault.code.what.action());
            status.set_type(fault.code.to_string()).set_message(format!("{verdict}: {message}"));
        }
        None => {
            status.set_type(Verdict::name(verdict)).set_message(verdict.name());
        }
    }
    status.set_description(text);
    status
}
