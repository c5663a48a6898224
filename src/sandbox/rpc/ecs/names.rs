//! Names and addresses of instances that are made together.

/// The name of the nth: `ddr-[1,3]` counts from 1 with three digits, `UniqueSuffix` appends them.
pub(super) fn of(name: &str, nth: (usize, bool)) -> String {
    let (n, unique) = nth;
    if let Some((before, (begin, digits), after)) = sequence(name) {
        return format!("{before}{:0digits$}{after}", begin + n - 1);
    }
    if unique && !name.is_empty() { format!("{name}{n:03}") } else { name.to_owned() }
}

/// The parts of `prefix[begin,digits]suffix`; an empty begin is 0, empty digits are 6.
fn sequence(name: &str) -> Option<(&str, (usize, usize), &str)> {
    let (before, rest) = name.split_once('[')?;
    let (inside, after) = rest.split_once(']')?;
    let (begin, digits) = inside.split_once(',')?;
    let number = |text: &str, otherwise| if text.is_empty() { Some(otherwise) } else { text.parse().ok() };
    let digits = number(digits, 6).filter(|digits| (1..=6).contains(digits))?;
    Some((before, (number(begin, 0)?, digits), after))
}

/// A public address; the block is the one for documents.
pub(super) fn public_ip(serial: u64) -> String {
    format!("203.0.113.{}", 1 + serial % 254)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_count() {
        assert_eq!(of("k8s-node-[1,4]-x", (1, false)), "k8s-node-0001-x");
        assert_eq!(of("ddr-[9,3]", (2, true)), "ddr-010");
        assert_eq!(of("ddr-", (7, true)), "ddr-007");
        assert_eq!(of("ddr[x]", (1, false)), "ddr[x]");
        assert_eq!(of("ddr", (1, false)), "ddr");
    }
}
