//! How one text differs from another, line by line.

/// The longest texts that are compared line by line, in lines.
const LONGEST: usize = 2000;

/// The lines that only the first has, with `-`, and those that only the second has, with `+`, in their order.
pub(super) fn lines(first: &str, second: &str) -> Vec<String> {
    let (a, b): (Vec<_>, Vec<_>) = (first.lines().collect(), second.lines().collect());
    if a.len() > LONGEST || b.len() > LONGEST {
        return vec![format!("({} and {} lines: too many to compare here)", a.len(), b.len())];
    }
    let common = longest_common(&a, &b);
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && common[i + 1][j] >= common[i][j + 1] {
            out.push(format!("-{}", a[i]));
            i += 1;
        } else {
            out.push(format!("+{}", b[j]));
            j += 1;
        }
    }
    out
}

/// The length of the longest common sequence of lines from each pair of places on.
fn longest_common(a: &[&str], b: &[&str]) -> Vec<Vec<u16>> {
    let mut common = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] =
                if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_and_nothing_else() {
        assert_eq!(lines("a\nb\nc", "a\nx\nc\nd"), ["-b", "+x", "+d"]);
        assert_eq!(lines("a\nb", "a\nb"), [""; 0]);
        assert_eq!(lines("", "a"), ["+a"]);
    }
}
