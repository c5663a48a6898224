//! An XML document as a tree of the elements that matter; the others are passed over.

use std::borrow::Cow;
use std::iter;
use std::num::NonZeroU32;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use crate::device::map::MapError;

/// More elements than this are no register map, and fewer fit into memory.
const ELEMENTS_LIMIT: usize = 1_000_000;
/// Registers lie in clusters in clusters; deeper is nonsense.
const DEPTH_LIMIT: usize = 64;

/// The elements that matter of a document, in one list: a tree of pieces would cost more than the reading.
pub(super) struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node<'t>>,
    attributes: Vec<(&'t str, Cow<'t, str>)>,
}

struct Node<'t> {
    tag: &'static str,
    text: Cow<'t, str>,
    /// Where its attributes are in the list of all, and where it begins, in bytes.
    attributes: Range<u32>,
    at: u32,
    /// Places in the list; at 0 is the outermost element, which is nobody's.
    first_child: Option<NonZeroU32>,
    next: Option<NonZeroU32>,
}

/// An element that matters.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    tree: &'a Tree<'a>,
    index: usize,
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
pub(super) fn tree(text: &str, tags: Tags) -> Result<Tree<'_>, MapError> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree { text, nodes: Vec::new(), attributes: Vec::new() };
    // The open elements, each with its last child.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|e| wrong(text, at, "XML", e.to_string()))?;
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let markup = text.get(at..end).unwrap_or_default();
        match event {
            Event::Start(start) => match tags(start.name().as_ref()) {
                Some(tag) => {
                    let index = tree.add(tag, (markup, start.name().as_ref().len()), at, &mut open);
                    open.push((index, None));
                }
                None => {
                    let name = start.to_end().into_owned();
                    reader.read_to_end(name.name()).map_err(|e| wrong(text, at, "XML", e.to_string()))?;
                }
            },
            Event::Empty(start) => {
                if let Some(tag) = tags(start.name().as_ref()) {
                    tree.add(tag, (markup, start.name().as_ref().len()), at, &mut open);
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(_) => tree.append(&open, Cow::Borrowed(markup)),
            Event::CData(part) => tree.append(&open, Cow::Owned(part.to_string())),
            Event::GeneralRef(part) => {
                let name: &str = &part;
                let meant = quick_xml::escape::unescape(&format!("&{name};")).map(Cow::into_owned);
                tree.append(&open, Cow::Owned(meant.unwrap_or_default()));
            }
            Event::Eof => break,
            _ => {}
        }
        if tree.nodes.len() > ELEMENTS_LIMIT || open.len() > DEPTH_LIMIT {
            return Err(MapError::TooMany(ELEMENTS_LIMIT, "elements"));
        }
    }
    if !open.is_empty() || tree.nodes.is_empty() {
        return Err(wrong(text, text.len(), "XML", "it ends before its end".into()));
    }
    Ok(tree)
}

impl<'t> Tree<'t> {
    /// The outermost element.
    pub(super) fn root(&self) -> Element<'_> {
        Element { tree: self, index: 0 }
    }

    /// An element of which the tag `<name …>` is given with the length of its name.
    fn add(
        &mut self,
        tag: &'static str,
        (markup, name): (&'t str, usize),
        at: usize,
        open: &mut [(usize, Option<usize>)],
    ) -> usize {
        let index = self.nodes.len();
        if let Some((outer, last)) = open.last_mut() {
            match last.replace(index) {
                None => self.nodes[*outer].first_child = NonZeroU32::new(short(index)),
                Some(last) => self.nodes[last].next = NonZeroU32::new(short(index)),
            }
        }
        let first = short(self.attributes.len());
        let inner = markup.get(1..markup.len().saturating_sub(1)).unwrap_or_default();
        let mut attributes = Attributes::new(inner.strip_suffix('/').unwrap_or(inner), name);
        self.attributes.extend(attributes.with_checks(false).flatten().map(|pair| {
            let value = match pair.value {
                Cow::Borrowed(value) => quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value)),
                owned @ Cow::Owned(_) => owned,
            };
            (pair.key.into_inner(), value)
        }));
        let attributes = first..short(self.attributes.len());
        self.nodes.push(Node {
            tag,
            text: Cow::default(),
            attributes,
            at: short(at),
            first_child: None,
            next: None,
        });
        index
    }

    fn append(&mut self, open: &[(usize, Option<usize>)], text: Cow<'t, str>) {
        // White space between elements is none of their text.
        let Some((index, _)) = open.last().filter(|_| !text.trim().is_empty()) else { return };
        let known = &mut self.nodes[*index].text;
        match known.is_empty() {
            true => *known = text,
            false => known.to_mut().push_str(&text),
        }
    }
}

/// Places and counts in a document, which is far shorter than 4 GiB.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn long(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn wrong(text: &str, at: usize, element: &str, wrong: String) -> MapError {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    MapError::At { line, element: element.to_owned(), wrong }
}

impl<'a> Element<'a> {
    fn node(self) -> &'a Node<'a> {
        &self.tree.nodes[self.index]
    }

    pub(super) fn tag(self) -> &'static str {
        self.node().tag
    }

    pub(super) fn children(self) -> impl Iterator<Item = Self> + Clone {
        let of = move |index: NonZeroU32| Self { tree: self.tree, index: long(index.get()) };
        iter::successors(self.node().first_child.map(of), move |child| child.node().next.map(of))
    }

    /// The first child of a tag.
    pub(super) fn child(self, tag: &str) -> Option<Self> {
        self.children().find(|child| child.tag() == tag)
    }

    /// The children of a tag.
    pub(super) fn all(self, tag: &'static str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.tag() == tag)
    }

    /// The text of a child.
    pub(super) fn text_of(self, tag: &str) -> Option<&'a str> {
        self.child(tag).map(|child| child.node().text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let Range { start, end } = self.node().attributes;
        let attributes = self.tree.attributes.get(long(start)..long(end)).unwrap_or_default();
        attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }

    /// Whether it is the very same element, and not only one like it.
    pub(super) fn is(self, other: Self) -> bool {
        self.index == other.index
    }

    /// What is wrong with the element, and at which line.
    pub(super) fn error(self, what: impl Into<String>) -> MapError {
        // The position is that of the text before the element.
        let (text, at) = (self.tree.text, long(self.node().at));
        let start = text.as_bytes().get(at..).unwrap_or_default();
        let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        wrong(text, at + blank, &format!("<{}>", self.tag()), what.into())
    }
}
