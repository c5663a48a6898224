//! What the two kinds of XML in compiled files have in common.

use quick_xml::events::BytesStart;

/// The value of an attribute, as it is where it can't be unescaped.
///
/// Attributes that stand there twice are no fault: to look for them costs the square of their number.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Into::into))
}
