//! Which of the known words was probably meant.

/// The help for a word that is none of `known`: all of them, and the nearest when one is near.
pub(crate) fn one_of(known: &[&str], found: &str) -> String {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(known, found) {
        Some(word) => format!("expected one of {list}; did you mean `{word}`?"),
        None => format!("expected one of {list}"),
    }
}

/// The word of `known` nearest to `found`, unless none is near. Case does not count.
fn nearest<'a>(known: &[&'a str], found: &str) -> Option<&'a str> {
    let found: String = found.chars().take(64).collect::<String>().to_lowercase();
    let reach = 1 + found.chars().count() / 4;
    known
        .iter()
        .map(|word| (strsim::osa_distance(word, &found), *word))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::one_of;

    #[test]
    fn a_near_word_is_offered_and_a_far_one_is_not() {
        assert_eq!(one_of(&["baud", "usb"], "bauds"), "expected one of `baud`, `usb`; did you mean `baud`?");
        assert_eq!(one_of(&["bg96", "ag35"], "BG96"), "expected one of `bg96`, `ag35`; did you mean `bg96`?");
        assert_eq!(one_of(&["baud", "usb"], "colour"), "expected one of `baud`, `usb`");
    }
}
