//! Units as people look for them: by slot, as a person counts (A2 before A10), and in a slot by time.

use std::cmp::Ordering;

use events::Report;

/// Puts the units of `report` in that order. Those of one slot keep theirs: the order in which they were identified.
pub(crate) fn arrange(report: &mut Report) {
    report.units.sort_by(|one, other| natural(&one.slot, &other.slot));
}

/// Numbers inside of labels count as numbers; case counts last.
pub(crate) fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let ((digits, left_part, left_rest), (other_digits, right_part, right_rest)) =
            (part(left), part(right));
        let order = match (left_part.is_empty(), right_part.is_empty()) {
            (true, true) => return one.cmp(other),
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) if digits && other_digits => number(left_part).cmp(&number(right_part)),
            (false, false) => left_part.to_lowercase().cmp(&right_part.to_lowercase()),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

/// The digits at the beginning of `text`, or else all that stands before the first one; and the rest.
fn part(text: &str) -> (bool, &str, &str) {
    let digits = text.starts_with(|letter: char| letter.is_ascii_digit());
    let end = text.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(text.len());
    (digits, &text[..end], &text[end..])
}

/// Digits as a number, however many: fewer without leading zeros is less.
fn number(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn labels_are_counted_as_a_person_counts() {
        let mut labels =
            vec!["B1", "A10", "a2", "A2", "10", "A", "2", "", "A02", "A99999999999999999999999", "A1b"];
        labels.sort_by(|one, other| natural(one, other));
        assert_eq!(
            labels,
            ["", "2", "10", "A", "A1b", "A02", "A2", "a2", "A10", "A99999999999999999999999", "B1"]
        );
    }
}
