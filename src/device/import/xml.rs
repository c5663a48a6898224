//! An XML document as a tree of the elements that matter; the others are passed over.

use std::borrow::Cow;
use std::iter;

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use crate::device::map::MapError;

/// More elements than this are no register map, and fewer fit into memory.
const ELEMENTS_LIMIT: usize = 1_000_000;
/// Registers lie in clusters in clusters; deeper is nonsense.
const DEPTH_LIMIT: usize = 64;

/// The elements that matter of a document, in the order in which they begin. Ten thousand registers are a few hundred
/// thousand pieces: what is small here is quick.
pub(super) struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    /// Names and values.
    attributes: Vec<(Span, Span)>,
    /// What does not stand in the document as it is meant.
    mended: Vec<String>,
}

struct Node {
    tag: Tag,
    text: Span,
    /// Where it begins, in bytes.
    at: u32,
    /// Its first attribute in the list of all; they end where the next element's begin.
    attributes: u32,
    /// The place behind the last element in it; those in it follow it.
    end: u32,
    /// The place of the element that it is in; the outermost is in itself.
    parent: u32,
}

/// A part of the document: from a byte to another; or one of what was mended.
#[derive(Clone, Copy, PartialEq)]
struct Span(u32, u32);

const EMPTY: Span = Span(0, 0);
const MENDED: u32 = u32::MAX;

/// A name in half the room of a `&str`.
type Tag = &'static &'static str;

/// An element that matters.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    tree: &'a Tree<'a>,
    index: usize,
}

/// The name of an element that matters, as it is compared; none for the others.
pub(super) type Tags = fn(&str) -> Option<Tag>;

/// Declares the elements that matter.
macro_rules! tags {
    ($($tag:literal)*) => {
        fn tag(name: &str) -> Option<&'static &'static str> {
            match name { $($tag => Some(&$tag),)* _ => None }
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
    let nodes = Vec::with_capacity((text.len() / 32).min(ELEMENTS_LIMIT));
    let mut tree = Tree { text, nodes, attributes: Vec::new(), mended: Vec::new() };
    // The places of the open elements.
    let mut open: Vec<usize> = Vec::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|e| wrong(text, at, "XML", e.to_string()))?;
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let markup = text.get(at..end).unwrap_or_default();
        match event {
            Event::Start(start) => match tags(start.name().as_ref()) {
                Some(tag) => {
                    let index = tree.nodes.len();
                    tree.add(tag, (markup, start.name().as_ref().len()), (at, open.last()));
                    open.push(index);
                }
                None => {
                    let name = start.to_end().into_owned();
                    reader.read_to_end(name.name()).map_err(|e| wrong(text, at, "XML", e.to_string()))?;
                }
            },
            Event::Empty(start) => {
                if let Some(tag) = tags(start.name().as_ref()) {
                    tree.add(tag, (markup, start.name().as_ref().len()), (at, open.last()));
                }
            }
            Event::End(_) => tree.close(open.pop()),
            Event::Text(_) => tree.append(open.last(), markup),
            Event::CData(part) => tree.append(open.last(), &part),
            Event::GeneralRef(part) => {
                let name: &str = &part;
                let meant = quick_xml::escape::unescape(&format!("&{name};")).map(Cow::into_owned);
                tree.append(open.last(), &meant.unwrap_or_default());
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

    /// Adds an element of which the tag `<name …>` is given with the length of its name.
    fn add(&mut self, tag: Tag, (markup, name): (&'t str, usize), (at, outer): (usize, Option<&usize>)) {
        let (attributes, end) = (short(self.attributes.len()), short(self.nodes.len() + 1));
        let parent = short(outer.copied().unwrap_or(0));
        self.nodes.push(Node { tag, text: EMPTY, at: short(at), attributes, end, parent });
        let inner = markup.get(1..markup.len().saturating_sub(1)).unwrap_or_default();
        if inner.len() == name {
            return;
        }
        let mut attributes = Attributes::new(inner.strip_suffix('/').unwrap_or(inner), name);
        for pair in attributes.with_checks(false).flatten() {
            let value = match pair.value {
                Cow::Borrowed(value) => quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value)),
                owned @ Cow::Owned(_) => owned,
            };
            let pair = (self.span(pair.key.into_inner()), self.span(&value));
            self.attributes.push(pair);
        }
    }

    fn close(&mut self, index: Option<usize>) {
        let end = short(self.nodes.len());
        if let Some(node) = index.and_then(|index| self.nodes.get_mut(index)) {
            node.end = end;
        }
    }

    fn append(&mut self, open: Option<&usize>, text: &str) {
        // White space between elements is none of their text.
        let Some(index) = open.filter(|_| !text.trim_ascii().is_empty()) else { return };
        let known = self.nodes[*index].text;
        match self.mended.get_mut(long(known.0)).filter(|_| known.1 == MENDED) {
            Some(known) => known.push_str(text),
            None if known == EMPTY => self.nodes[*index].text = self.span(text),
            None => {
                let joined = format!("{}{text}", self.part(known));
                self.nodes[*index].text = self.span(&joined);
            }
        }
    }

    /// The place of a piece of the document; of any other text, of a copy.
    fn span(&mut self, part: &str) -> Span {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        if start < self.text.len() {
            return Span(short(start), short(start.saturating_add(part.len())));
        }
        self.mended.push(part.to_owned());
        Span(short(self.mended.len() - 1), MENDED)
    }

    fn part(&self, Span(start, end): Span) -> &str {
        let part = match end {
            MENDED => self.mended.get(long(start)).map(String::as_str),
            _ => self.text.get(long(start)..long(end)),
        };
        part.unwrap_or_default()
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
    fn node(self) -> &'a Node {
        &self.tree.nodes[self.index]
    }

    pub(super) fn tag(self) -> &'static str {
        self.node().tag
    }

    pub(super) fn children(self) -> impl Iterator<Item = Self> + Clone {
        let (nodes, end) = (&self.tree.nodes, long(self.node().end));
        let first = Some(self.index + 1).filter(|index| *index < end);
        let next = move |index: &usize| Some(long(nodes[*index].end)).filter(|next| *next < end);
        iter::successors(first, next).map(move |index| Self { tree: self.tree, index })
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
        self.child(tag)
            .map(|child| self.tree.part(child.node().text).trim_ascii())
            .filter(|text| !text.is_empty())
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let start = long(self.node().attributes);
        let end = self.tree.nodes.get(self.index + 1).map(|next| long(next.attributes));
        let attributes = self.tree.attributes.get(start..end.unwrap_or(self.tree.attributes.len()));
        let attributes = attributes.unwrap_or_default();
        let found = attributes.iter().find(|(key, _)| self.tree.part(*key) == name);
        found.map(|(_, value)| self.tree.part(*value))
    }

    /// Which of the document's elements it is.
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// The element that it is in.
    pub(super) fn parent(self) -> Option<Self> {
        let index = long(self.node().parent);
        (index != self.index).then_some(Self { tree: self.tree, index })
    }

    /// Whether the other is in it, or is the very same.
    pub(super) fn holds(self, other: Self) -> bool {
        (self.index..long(self.node().end)).contains(&other.index)
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
