//! The arrays of a CMSIS-SVD: `TX[%s]` or `TX%s` stand for as many elements as `dim` says.

use super::number;
use super::xml::Element;

/// More elements of an array than this are a trap.
pub(super) const DIM_LIMIT: u64 = 65_536;

/// `0-3`, `A-D`, `A,B,C`, or the numbers from 0 on.
pub(super) fn indices(text: Option<&str>, dim: u64) -> Vec<String> {
    let count = usize::try_from(dim).unwrap_or(usize::MAX);
    let listed = match text.map(|text| (text, text.split_once('-'))) {
        Some((_, Some((first, last)))) => match (number(first), number(last)) {
            (Some(first), Some(last)) => (first..=last).take(count).map(|i| i.to_string()).collect(),
            _ => match (first.trim().as_bytes(), last.trim().as_bytes()) {
                ([first], [last]) => (*first..=*last).map(|letter| char::from(letter).to_string()).collect(),
                _ => Vec::new(),
            },
        },
        Some((text, None)) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        None => Vec::new(),
    };
    if listed.len() == count { listed } else { (0..count).map(|i| i.to_string()).collect() }
}

/// Whether a name is that of one of an array's elements: `TX3` of `TX[%s]`.
pub(super) fn is_index_in(array: Element<'_>, pattern: &str, name: &str) -> bool {
    let around = pattern.split_once("[%s]").or_else(|| pattern.split_once("%s"));
    let index = around.and_then(|(before, after)| name.strip_prefix(before)?.strip_suffix(after));
    let Some(index) = index else { return false };
    // An array that has its length from what it is derived from takes any number.
    let Some(dim) = array.text_of("dim").and_then(number) else { return index.parse::<u64>().is_ok() };
    match array.text_of("dimIndex") {
        Some(named) => indices(Some(named), dim.min(DIM_LIMIT)).iter().any(|one| one == index),
        None => index.parse::<u64>().is_ok_and(|index| index < dim),
    }
}
