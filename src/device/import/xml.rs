//! An XML document as a tree of the elements that matter; the others are passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::device::map::MapError;

/// More elements than this are no register map, and fewer fit into memory.
const ELEMENTS_LIMIT: usize = 1_000_000;
/// Registers lie in clusters in clusters; deeper is nonsense.
const DEPTH_LIMIT: usize = 64;

/// An element that matters.
#[derive(Default)]
pub(super) struct Element {
    pub(super) tag: &'static str,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
    /// Where it begins, in bytes.
    at: usize,
}

/// The name of an element that matters, as it is compared; none for the others.
pub(super) type Tags = fn(&str) -> Option<&'static str>;

/// Declares the elements that matter.
macro_rules! tags {
    ($($tag:literal)*) => {
        fn tag(name: &str) -> Option<&'static str> {
            match name { $($tag => Some($tag),)* _ => None }
        }
    };
}
pub(super) use tags;

/// The name of the outermost element.
pub(super) fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return Some(element.name().as_ref().to_owned());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Reads a document whose outermost element matters.
pub(super) fn tree(text: &str, tags: Tags) -> Result<Element, MapError> {
    let mut reader = Reader::from_str(text);
    let (mut stack, mut count): (Vec<Element>, usize) = (vec![Element::default()], 0);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|e| wrong(text, at, "XML", e.to_string()))?;
        match event {
            Event::Start(start) => match tags(start.name().as_ref()) {
                Some(tag) => {
                    let open = element(tag, &start, at);
                    stack.push(open);
                }
                None => {
                    let name = start.to_end().into_owned();
                    reader.read_to_end(name.name()).map_err(|e| wrong(text, at, "XML", e.to_string()))?;
                }
            },
            Event::Empty(start) => {
                if let Some(tag) = tags(start.name().as_ref()) {
                    close(&mut stack, element(tag, &start, at));
                }
            }
            Event::End(_) => {
                let Some(done) = stack.pop() else { break };
                if stack.is_empty() {
                    return Err(wrong(text, at, "XML", "an end without a beginning".into()));
                }
                close(&mut stack, done);
            }
            Event::Text(part) => append(&mut stack, &part),
            Event::CData(part) => append(&mut stack, &part),
            Event::GeneralRef(part) => {
                let name: &str = &part;
                append(&mut stack, &quick_xml::escape::unescape(&format!("&{name};")).unwrap_or_default());
            }
            Event::Eof => break,
            _ => {}
        }
        count += 1;
        if count > ELEMENTS_LIMIT * 4 || stack.len() > DEPTH_LIMIT {
            return Err(MapError::TooMany(ELEMENTS_LIMIT, "elements"));
        }
    }
    let root = stack.swap_remove(0);
    let found = root.children.into_iter().next();
    found
        .filter(|_| stack.is_empty())
        .ok_or_else(|| wrong(text, text.len(), "XML", "it ends before its end".into()))
}

fn element(tag: &'static str, start: &BytesStart<'_>, at: usize) -> Element {
    let attribute = |(key, value): (&str, &str)| {
        let value = quick_xml::escape::unescape(value).map_or_else(|_| value.to_owned(), Into::into);
        (key.to_owned(), value)
    };
    let attributes = start.attributes().flatten();
    let attributes = attributes.map(|pair| attribute((pair.key.as_ref(), &pair.value))).collect();
    Element { tag, attributes, at, ..Element::default() }
}

fn close(stack: &mut [Element], element: Element) {
    if let Some(outer) = stack.last_mut() {
        outer.children.push(element);
    }
}

fn append(stack: &mut [Element], text: &str) {
    if let Some(open) = stack.last_mut() {
        // White space between elements is none of their text.
        if !text.trim().is_empty() {
            open.text.push_str(text);
        }
    }
}

fn wrong(text: &str, at: usize, element: &str, wrong: String) -> MapError {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    MapError::At { line, element: element.to_owned(), wrong }
}

impl Element {
    /// The first child of a tag.
    pub(super) fn child(&self, tag: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.tag == tag)
    }

    /// The children of a tag.
    pub(super) fn all<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.tag == tag)
    }

    /// The text of a child.
    pub(super) fn text_of(&self, tag: &str) -> Option<&str> {
        self.child(tag).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with the element, and at which line.
    pub(super) fn error(&self, text: &str, what: impl Into<String>) -> MapError {
        // The position is that of the text before the element.
        let start = text.as_bytes().get(self.at..).unwrap_or_default();
        let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        wrong(text, self.at + blank, &format!("<{}>", self.tag), what.into())
    }
}
