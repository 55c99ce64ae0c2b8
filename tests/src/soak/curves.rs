//! The samples as a picture: a curve for each measure, over the modules that are done.

use std::fmt::Write as _;

use super::sample::Sample;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
/// The height of a curve's row, and of the curve itself in it.
const ROW: f64 = 112.0;
const TALL: f64 = 64.0;
/// Above the first row.
const TOP: f64 = 34.0;

/// A measure that has a curve.
struct Measure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Sample, &Sample) -> f64,
}

/// Each from a sample and the one before it.
const MEASURES: [Measure; 7] = [
    Measure { name: "resident memory", unit: "MiB", of: |now, _| count(now.resident_kib) / 1024.0 },
    Measure { name: "descriptors", unit: "", of: |now, _| place(now.descriptors) },
    Measure { name: "threads", unit: "", of: |now, _| place(now.threads) },
    Measure { name: "ledger", unit: "MiB", of: |now, _| count(now.ledger_bytes) / 1_048_576.0 },
    Measure { name: "write-ahead log", unit: "MiB", of: |now, _| count(now.wal_bytes) / 1_048_576.0 },
    Measure { name: "loop lag, worst of 15 s", unit: "ms", of: |now, _| now.lag_ms },
    Measure { name: "processor", unit: "% of a core", of: |now, before| processor(now, before) },
];

fn count(number: u64) -> f64 {
    // Beyond 4 GiB of KiB nothing is measured here.
    u32::try_from(number).map_or_else(|_| f64::from(u32::MAX), f64::from)
}

fn place(number: usize) -> f64 {
    count(number as u64)
}

fn processor(now: &Sample, before: &Sample) -> f64 {
    let seconds = now.seconds - before.seconds;
    if seconds > 0.0 { (now.cpu_s - before.cpu_s) / seconds * 100.0 } else { 0.0 }
}

/// The picture, as SVG.
pub(super) fn picture(samples: &[Sample], title: &str) -> String {
    let height = TOP + ROW * place(MEASURES.len()) + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"13\" font-weight=\"bold\">{title}</text>\n"
    );
    let most = samples.last().map_or(1.0, |last| place(last.done)).max(1.0);
    for (row, measure) in MEASURES.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = svg.write_str(&curve(measure, samples, most, TOP + ROW * place(row)));
    }
    svg + "</svg>\n"
}

fn curve(measure: &Measure, samples: &[Sample], most: f64, top: f64) -> String {
    let values: Vec<f64> = samples.windows(2).map(|two| (measure.of)(&two[1], &two[0])).collect();
    let highest = round_up(values.iter().copied().fold(0.0, f64::max));
    let base = top + 24.0 + TALL;
    let points: Vec<String> = values
        .iter()
        .zip(&samples[1.min(samples.len())..])
        .map(|(value, sample)| {
            let x = LEFT + (WIDTH - LEFT - RIGHT) * place(sample.done) / most;
            format!("{x:.1},{:.1}", base - TALL * value / highest)
        })
        .collect();
    let last = values.last().copied().unwrap_or_default();
    let (right, label) = (WIDTH - RIGHT, base + 14.0);
    let (name, ceiling, mark) = (format!("{} {}", measure.name, measure.unit), base - TALL, LEFT - 6.0);
    let (head, points) = (top + 16.0, points.join(" "));
    format!(
        "<text x=\"{LEFT}\" y=\"{head}\">{name}</text>\n\
         <text x=\"{right}\" y=\"{head}\" text-anchor=\"end\" fill=\"#555\">at the end {last:.1}</text>\n\
         <path d=\"M{LEFT} {ceiling}V{base}H{right}\" fill=\"none\" stroke=\"#999\"/>\n\
         <text x=\"{mark}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{highest}</text>\n\
         <text x=\"{mark}\" y=\"{base}\" text-anchor=\"end\" fill=\"#555\">0</text>\n\
         <text x=\"{right}\" y=\"{label}\" text-anchor=\"end\" fill=\"#555\">{most} modules</text>\n\
         <polyline points=\"{points}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.2\"/>\n",
        ceiling + 8.0
    )
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let mut step = 1.0;
    while step < value {
        step *= 10.0;
    }
    [step / 5.0, step / 2.0].into_iter().find(|mark| *mark >= value).unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::{MEASURES, picture, round_up};
    use crate::soak::sample::Sample;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let ends: Vec<String> =
            [0.0, 0.3, 1.0, 3.0, 41.0, 64.0, 100.0].map(round_up).map(|end| end.to_string()).into();
        assert_eq!(ends, ["0.2", "0.5", "1", "5", "50", "100", "100"]);
    }

    #[test]
    fn every_measure_has_a_curve_of_all_samples() {
        let sample = |done| Sample { done, seconds: 1.0, resident_kib: 2048, ..Sample::default() };
        let svg = picture(&[sample(0), sample(5), sample(10)], "title");
        assert_eq!(svg.matches("<polyline").count(), MEASURES.len());
        assert!(svg.contains("points=\"384.0,") && svg.contains("resident memory MiB"), "{svg}");
        assert_eq!(picture(&[], "none").matches("points=\"\"").count(), MEASURES.len());
    }
}
