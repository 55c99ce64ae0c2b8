//! How long the phases took, as a drawing: a histogram for each phase over one logarithmic axis.

use super::super::durations::{Durations, spoken};

/// Where the axis begins and ends, in the drawing's units.
const LEFT: f64 = 84.0;
const WIDTH: f64 = 560.0;
/// The height of a phase's row, and of its tallest bar.
const ROW: usize = 42;
const TALLEST: usize = 30;
/// Bars over the whole axis.
const BINS: usize = 56;
/// Durations below this are drawn as this.
const LEAST_MS: u64 = 100;
/// Where the axis may have a mark.
const MARKS_MS: [(u64, &str); 8] = [
    (100, "0.1 s"),
    (1_000, "1 s"),
    (10_000, "10 s"),
    (60_000, "1 min"),
    (600_000, "10 min"),
    (3_600_000, "1 h"),
    (36_000_000, "10 h"),
    (360_000_000, "100 h"),
];

/// The drawing, as its template has it.
pub(super) struct Plot {
    pub(super) height: usize,
    pub(super) marks: Vec<Mark>,
    pub(super) rows: Vec<Row>,
}

/// A mark of the axis.
pub(super) struct Mark {
    pub(super) x: String,
    pub(super) label: &'static str,
}

/// A phase.
pub(super) struct Row {
    pub(super) phase: &'static str,
    /// Where its bars stand.
    pub(super) base: usize,
    pub(super) bars: Vec<Bar>,
    /// Where its median is.
    pub(super) median_x: String,
    pub(super) count: usize,
    pub(super) shortest: String,
    pub(super) median: String,
    pub(super) ninety: String,
    pub(super) longest: String,
}

/// A bar of a histogram.
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: usize,
    pub(super) width: String,
    pub(super) height: usize,
    pub(super) count: usize,
}

impl Plot {
    pub(super) fn of(phases: &[Durations]) -> Self {
        let longest = phases.iter().map(|phase| phase.quantile_ms(100)).max().unwrap_or_default();
        // The axis ends at the first mark beyond everything.
        let end_ms = MARKS_MS.iter().map(|(ms, _)| *ms).find(|ms| *ms > longest.max(LEAST_MS));
        let axis = Axis { decades: decades(end_ms.unwrap_or(longest)) };
        let marks = MARKS_MS.iter().filter(|(ms, _)| end_ms.is_none_or(|end| *ms <= end));
        Self {
            height: 24 + ROW * phases.len(),
            marks: marks.map(|(ms, label)| Mark { x: coordinate(axis.x(*ms)), label }).collect(),
            rows: phases.iter().enumerate().map(|(place, phase)| row(place, phase, &axis)).collect(),
        }
    }
}

/// A logarithmic axis from [`LEAST_MS`] on, so many decades long.
struct Axis {
    decades: f64,
}

impl Axis {
    /// Where on the axis `ms` is, from 0 to 1.
    fn share(&self, ms: u64) -> f64 {
        (decades(ms) / self.decades.max(1.0)).clamp(0.0, 1.0)
    }

    fn x(&self, ms: u64) -> f64 {
        LEFT + WIDTH * self.share(ms)
    }

    /// The bar that `ms` counts in.
    fn bin(&self, ms: u64) -> usize {
        let share = self.share(ms);
        (1..BINS).take_while(|bin| number(*bin) / number(BINS) <= share).count()
    }
}

/// How many powers of ten `ms` is beyond the beginning of the axis.
fn decades(ms: u64) -> f64 {
    // Beyond 49 days it makes no difference.
    let [ms, least] = [ms.max(LEAST_MS), LEAST_MS].map(|ms| u32::try_from(ms).unwrap_or(u32::MAX));
    (f64::from(ms) / f64::from(least)).log10()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn coordinate(x: f64) -> String {
    format!("{x:.1}")
}

fn row(place: usize, phase: &Durations, axis: &Axis) -> Row {
    let base = ROW * (place + 1) - 6;
    let mut counts = [0_usize; BINS];
    for ms in &phase.sorted_ms {
        counts[axis.bin(*ms)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or_default().max(1);
    let width = WIDTH / number(BINS);
    let bar = |(bin, count): (usize, usize)| {
        let height = (count * TALLEST).div_ceil(most);
        let x = coordinate(LEFT + width * number(bin) + 0.5);
        Bar { x, y: base - height, width: coordinate(width - 1.0), height, count }
    };
    Row {
        phase: phase.phase.name(),
        base,
        bars: counts.into_iter().enumerate().filter(|(_, count)| *count > 0).map(bar).collect(),
        median_x: coordinate(axis.x(phase.quantile_ms(50))),
        count: phase.sorted_ms.len(),
        shortest: spoken(phase.quantile_ms(0)),
        median: spoken(phase.quantile_ms(50)),
        ninety: spoken(phase.quantile_ms(90)),
        longest: spoken(phase.quantile_ms(100)),
    }
}

#[cfg(test)]
mod tests {
    use events::Phase;

    use super::{BINS, LEFT, Plot, WIDTH};
    use crate::command::report::durations::Durations;

    #[test]
    fn every_duration_is_in_one_bar_and_every_bar_on_the_axis() {
        for sorted_ms in [vec![0], vec![99, 100, 101, 1_000, 59_999, 60_000], vec![u64::MAX], vec![5; 3_000]]
        {
            let whole = sorted_ms.len();
            let plot = Plot::of(&[Durations { phase: Phase::Update, sorted_ms }]);
            let bars = &plot.rows[0].bars;
            assert_eq!(bars.iter().map(|bar| bar.count).sum::<usize>(), whole);
            assert!(bars.len() <= BINS);
            let within = |x: &str| (LEFT..=LEFT + WIDTH).contains(&x.parse().unwrap());
            assert!(bars.iter().all(|bar| within(&bar.x) && bar.height >= 1 && bar.y >= 4));
            assert!(plot.marks.iter().all(|mark| within(&mark.x)) && within(&plot.rows[0].median_x));
        }
        assert_eq!(Plot::of(&[]).rows.len(), 0);
    }
}
