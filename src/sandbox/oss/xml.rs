//! The XML that OSS writes: elements of text, nested.

use std::borrow::Cow;

/// A document that grows element by element.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// Begins a document with its root.
    pub(super) fn new(root: &'static str) -> Self {
        let mut xml = Self { text: r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(), open: Vec::new() };
        xml.text.push('\n');
        xml.open(root)
    }

    /// Opens an element that holds others.
    #[must_use]
    pub(super) fn open(mut self, name: &'static str) -> Self {
        self.indent();
        self.text.push_str(&format!("<{name}>\n"));
        self.open.push(name);
        self
    }

    /// Closes the element that was opened last.
    #[must_use]
    pub(super) fn close(mut self) -> Self {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.text.push_str(&format!("</{name}>\n"));
        }
        self
    }

    /// An element of text.
    #[must_use]
    pub(super) fn leaf(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.indent();
        self.text.push_str(&format!("<{name}>{}</{name}>\n", escaped(value.as_ref())));
        self
    }

    /// Closes what is open and gives the document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self = self.close();
        }
        self.text
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// Escapes markup. A control character stays as it is: XML 1.0 has no form for it, which is why there is
/// `encoding-type=url`.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_and_markup_is_escaped() {
        let xml = Xml::new("A").leaf("Key", "a<&>\"b").open("B").leaf("C", "").close().finish();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A>\n  <Key>a&lt;&amp;&gt;&quot;b</Key>\n  \
                        <B>\n    <C></C>\n  </B>\n</A>\n";
        assert_eq!(xml, expected);
    }
}
