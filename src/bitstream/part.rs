//! A part's name: which device it is, of which family, and whether an instance has it.

use super::tables::{INSTANCES, SERIES};

/// The device in a part's name, in the spelling of the tables: `xcvu9p` of `xcvu9p-flgb2104-2-i-es2`.
///
/// A .bit of the 7 series leaves out `xc`, and platforms write `virtexuplus:xcvu9p:flgb2104:-2:i`.
pub(super) fn device(part: &str) -> String {
    let part = part.trim().to_ascii_lowercase();
    let part = part.split(':').nth(1).unwrap_or(&part);
    let part = if part.starts_with('7') { format!("xc{part}") } else { part.to_owned() };
    if let Some(instance) = INSTANCES.iter().find(|instance| is_device(&part, instance.device)) {
        return instance.device.to_owned();
    }
    part.split('-').next().unwrap_or_default().to_owned()
}

/// Whether a part is of a device: its name goes on with a package, not with more of a device's.
fn is_device(part: &str, device: &str) -> bool {
    let rest = part.strip_prefix(device);
    // Intel's parts go on with a letter: 10AX115N3F40E2SG.
    rest.is_some_and(|rest| {
        device.starts_with("10ax") || !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

/// The device family of a part, where it is known.
pub(super) fn series(part: &str) -> Option<&'static str> {
    let device = device(part);
    let instance = INSTANCES.iter().find(|instance| instance.device == device).map(|row| row.series);
    instance.or_else(|| SERIES.iter().find(|row| begins_with(&device, row.pattern)).map(|row| row.name))
}

/// Whether a text begins as the pattern says, in which `#` stands for a number.
fn begins_with(text: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('#') else { return text.starts_with(pattern) };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    digits > 0 && rest[digits..].starts_with(after)
}

/// The instances that have the part.
pub(super) fn instances(part: &str) -> Vec<&'static str> {
    let device = device(part);
    INSTANCES.iter().filter(|row| row.device == device).map(|row| row.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_in_each_spelling_of_the_tools() {
        for (part, name, family, fits) in [
            ("xcvu9p-flgb2104-2-i-es2", "xcvu9p", Some("Virtex UltraScale+"), &["f3"][..]),
            ("virtexuplus:xcvu9p:flgb2104:-2:i", "xcvu9p", Some("Virtex UltraScale+"), &["f3"]),
            ("xcku115-flvb2104-2-e", "xcku115", Some("Kintex UltraScale"), &["f2"]),
            ("10AX115N3F40E2SG", "10ax115", Some("Arria 10"), &["f1"]),
            ("7z020clg400", "xc7z020clg400", Some("Zynq-7000"), &[]),
            ("xcvu13p-fhgb2104-2-i", "xcvu13p", Some("Virtex UltraScale+"), &[]),
            ("xcvu095-ffva2104-2-e", "xcvu095", Some("Virtex UltraScale"), &[]),
            ("xcu200-fsgd2104-2-e", "xcu200", Some("Alveo"), &[]),
            ("nonsense", "nonsense", None, &[]),
        ] {
            assert_eq!(
                (device(part).as_str(), series(part), &*instances(part)),
                (name, family, fits),
                "{part}"
            );
        }
    }
}
