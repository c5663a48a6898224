//! Many names in few words: `ddr-[001-003,007]`.

use super::target::number_of;

/// Folds names that differ in the number at their end only; what remains follows by itself.
pub fn folded(names: &[&str]) -> String {
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut parts: Vec<(String, usize, Vec<u32>)> = Vec::new();
    for name in sorted {
        let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let (width, number) = (name.len() - head.len(), number_of(name));
        match (number, parts.iter_mut().find(|(own, of, _)| own == head && *of == width && *of > 0)) {
            (Some(number), Some((_, _, numbers))) => numbers.push(number),
            (number, _) => parts.push((
                if number.is_some() { head } else { name }.to_owned(),
                if number.is_some() { width } else { 0 },
                number.into_iter().collect(),
            )),
        }
    }
    let text = parts.iter().map(|(head, width, numbers)| match numbers.as_slice() {
        [] => head.clone(),
        [only] => format!("{head}{only:0width$}"),
        many => format!("{head}[{}]", ranges(many, *width)),
    });
    text.collect::<Vec<_>>().join(",")
}

fn ranges(numbers: &[u32], width: usize) -> String {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => found.push((*number, *number)),
        }
    }
    let text = found.iter().map(|(from, to)| {
        if from == to { format!("{from:0width$}") } else { format!("{from:0width$}-{to:0width$}") }
    });
    text.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_ranges_and_others_stay_themselves() {
        assert_eq!(folded(&["ddr-003", "ddr-001", "ddr-002", "ddr-007"]), "ddr-[001-003,007]");
        assert_eq!(folded(&["ddr-001"]), "ddr-001");
        assert_eq!(folded(&["b", "ddr-9", "ddr-10", "ddr-11", "b"]), "b,ddr-[10-11],ddr-9");
        assert_eq!(folded(&["i-bp1a", "i-bp1b"]), "i-bp1a,i-bp1b");
        assert_eq!(folded(&[]), "");
    }
}
