//! Bars.

/// A bar of `columns` of which `permille` thousandths are done. `known` is whether that is measured, or only foretold.
pub(crate) fn bar(columns: usize, permille: u64, known: bool) -> String {
    let cells = u64::try_from(columns).unwrap_or(u64::MAX);
    let full = usize::try_from(cells.saturating_mul(permille.min(1_000)) / 1_000).unwrap_or(columns);
    let (done, left) = if known { ('█', '▁') } else { ('▒', '▁') };
    std::iter::repeat_n(done, full).chain(std::iter::repeat_n(left, columns - full)).collect()
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_full_only_at_the_end() {
        assert_eq!(bar(4, 0, true), "▁▁▁▁");
        assert_eq!(bar(4, 999, true), "███▁");
        assert_eq!(bar(4, 1_000, true), "████");
        assert_eq!(bar(4, 5_000, false), "▒▒▒▒");
        assert_eq!(bar(0, 500, true), "");
    }
}
