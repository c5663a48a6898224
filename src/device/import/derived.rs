//! What an element of a CMSIS-SVD is derived from, and what it has from there.

use std::collections::{HashMap, HashSet};
use std::iter;

use super::dim::is_index_in;
use super::xml::Element;
use crate::device::map::MapError;

/// A longer chain of derivations is a circle, or a trap.
const CHAIN_LIMIT: usize = 32;

/// An element, and in turn what it is derived from: what the first does not say itself, the next one does.
pub(super) struct Derived<'a> {
    pub(super) element: Element<'a>,
    origins: Vec<Element<'a>>,
}

impl<'a> Derived<'a> {
    pub(super) fn chain(&self) -> impl DoubleEndedIterator<Item = Element<'a>> {
        iter::once(self.element).chain(self.origins.iter().copied())
    }

    /// The text of a child.
    pub(super) fn text_of(&self, tag: &str) -> Option<&'a str> {
        self.chain().find_map(|element| element.text_of(tag))
    }

    /// The registers and clusters of a peripheral or a cluster, the fields of a register: its own, and those that it has
    /// from its origins and does not replace by others of the same name.
    pub(super) fn members(&self) -> Vec<Element<'a>> {
        let mut members: Vec<Element<'a>> = content(self.element).collect();
        if self.origins.is_empty() {
            return members;
        }
        // An alternate has the name of another and the name of its group.
        let name = |member: &Element<'a>| Some((member.text_of("name")?, member.text_of("alternateGroup")));
        let mut names: HashSet<_> = members.iter().filter_map(name).collect();
        for member in self.origins.iter().flat_map(|origin| content(*origin)) {
            if name(&member).is_none_or(|name| names.insert(name)) {
                members.push(member);
            }
        }
        members
    }
}

/// The elements that have a name of their own in an element.
fn content<'a>(element: Element<'a>) -> impl Iterator<Item = Element<'a>> {
    let list = match element.tag() {
        "device" => element.child("peripherals"),
        "peripheral" => element.child("registers"),
        "register" => element.child("fields"),
        _ => Some(element),
    };
    let named = |one: &Element<'_>| {
        matches!(one.tag(), "peripheral" | "cluster" | "register" | "field" | "enumeratedValues")
    };
    list.into_iter().flat_map(Element::children).filter(named)
}

/// Finds origins, each once.
#[derive(Default)]
pub(super) struct Origins<'a> {
    /// By the index of the element that is derived; none where there is no such thing, or it is still looked for.
    known: HashMap<usize, Option<Element<'a>>>,
    /// By the index of the element that they are in.
    names: HashMap<usize, Names<'a>>,
    depth: usize,
}

/// What has a name in an element.
#[derive(Default)]
struct Names<'a> {
    by_name: HashMap<(&'static str, &'a str), Element<'a>>,
    arrays: Vec<(&'a str, Element<'a>)>,
}

impl<'a> Origins<'a> {
    /// An element with all that it is derived from.
    pub(super) fn of(&mut self, element: Element<'a>) -> Result<Derived<'a>, MapError> {
        let (mut origins, mut last) = (Vec::new(), element);
        while let Some(from) = last.attribute("derivedFrom") {
            let origin = self.origin(last, from);
            last = origin.ok_or_else(|| {
                last.error(format!("it is derived from {from}, and there is no such {}", last.tag()))
            })?;
            origins.push(last);
            if origins.len() > CHAIN_LIMIT {
                return Err(element.error("what it is derived from is derived from it in turn"));
            }
        }
        Ok(Derived { element, origins })
    }

    /// What a path names: it begins at one of the elements around, the nearest first.
    pub(super) fn origin(&mut self, element: Element<'a>, path: &str) -> Option<Element<'a>> {
        if let Some(known) = self.known.get(&element.index()) {
            return *known;
        }
        self.known.insert(element.index(), None);
        if self.depth == CHAIN_LIMIT {
            return None;
        }
        self.depth += 1;
        let around = iter::successors(element.parent(), |outer| outer.parent());
        let found = around
            .filter_map(|outer| self.walk(outer, path, element.tag()))
            .find(|found| !found.holds(element));
        self.depth -= 1;
        self.known.insert(element.index(), found);
        found
    }

    /// What a path names that begins in an element.
    fn walk(&mut self, outer: Element<'a>, path: &str, tag: &'static str) -> Option<Element<'a>> {
        let Some((first, rest)) = path.split_once('.') else { return self.member(outer, tag, path) };
        let tags = ["peripheral", "cluster", "register", "field"];
        let inner = tags.into_iter().find_map(|tag| self.member(outer, tag, first))?;
        self.walk(inner, rest, tag)
    }

    /// What has the name in an element, or in what that is derived from.
    fn member(&mut self, outer: Element<'a>, tag: &'static str, name: &str) -> Option<Element<'a>> {
        let names = self.names.entry(outer.index()).or_insert_with(|| Names::of(outer));
        if let Some(found) = names.find(tag, name) {
            return Some(found);
        }
        let origin = self.origin(outer, outer.attribute("derivedFrom")?)?;
        self.member(origin, tag, name)
    }
}

impl<'a> Names<'a> {
    fn of(outer: Element<'a>) -> Self {
        let mut names = Self::default();
        for member in content(outer) {
            let Some(name) = member.text_of("name") else { continue };
            names.by_name.entry((member.tag(), name)).or_insert(member);
            if name.contains("%s") {
                names.arrays.push((name, member));
            }
        }
        names
    }

    /// By its name, or as one of the elements of an array.
    fn find(&self, tag: &'static str, name: &str) -> Option<Element<'a>> {
        let whole = self.by_name.get(&(tag, name)).copied();
        whole.or_else(|| {
            let is_one = |(pattern, array): &&(&str, Element<'_>)| {
                array.tag() == tag && is_index_in(*array, pattern, name)
            };
            self.arrays.iter().find(is_one).map(|(_, array)| *array)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::device::map::RegisterMap;

    fn svd(peripherals: &str) -> String {
        format!("<device><name>chip</name><peripherals>{peripherals}</peripherals></device>")
    }

    fn register(name: &str, offset: u64, more: &str) -> String {
        format!("<register><name>{name}</name><addressOffset>{offset}</addressOffset>{more}</register>")
    }

    #[test]
    fn what_is_derived_adds_to_what_it_has_from_others_and_replaces_the_same_names() {
        let first = format!(
            "<peripheral><name>A</name><baseAddress>0</baseAddress><registers>{}{}</registers></peripheral>",
            register("X", 0, "<size>16</size>"),
            register("Y", 4, ""),
        );
        let second = format!(
            "<peripheral derivedFrom=\"A\"><name>B</name><baseAddress>0x100</baseAddress><registers>{}{}</registers></peripheral>",
            register("Y", 8, ""),
            register("Z", 12, ""),
        );
        // The third has its registers from the second, which stands behind it.
        let third =
            "<peripheral derivedFrom=\"B\"><name>C</name><baseAddress>0x200</baseAddress></peripheral>";
        let all = [("A.X", 0), ("A.Y", 4), ("B.X", 0x100), ("B.Y", 0x108), ("B.Z", 0x10c)];
        let rest = [("C.X", 0x200), ("C.Y", 0x208), ("C.Z", 0x20c)];
        let map = RegisterMap::import(&svd(&[&first, third, &second].concat())).unwrap();
        let found: Vec<_> = map.registers.iter().map(|one| (one.name.as_str(), one.offset)).collect();
        assert_eq!(found, [&all[..], &rest].concat());
    }

    #[test]
    fn a_path_begins_at_the_nearest_element_around() {
        let cluster = |name: &str, inner: &str| {
            format!("<cluster><name>{name}</name><addressOffset>0</addressOffset>{inner}</cluster>")
        };
        // Without a name of its own it has that of its origin, which is in a cluster beside it.
        let nameless =
            "<register derivedFrom=\"IN.R\"><addressOffset>8</addressOffset><size>8</size></register>";
        let field = "<fields><field><name>F</name><bitRange>[1:3]</bitRange></field></fields>";
        let a = format!(
            "<peripheral><dim>2</dim><dimIncrement>0x100</dimIncrement><name>A[%s]</name><baseAddress>0</baseAddress>\
             <registers>{}{nameless}</registers></peripheral>",
            cluster("IN", &register("R", 4, field)),
        );
        let b = "<peripheral><name>B</name><baseAddress>0x1000</baseAddress><registers>\
                 <register derivedFrom=\"A1.IN.R\"><name>S</name><addressOffset>0</addressOffset></register>\
                 </registers></peripheral><peripheral derivedFrom=\"A0\"><name>C</name><baseAddress>0x2000</baseAddress>\
                 </peripheral>";
        let expected = [
            ("A0.IN.R", 4),
            ("A0.R", 8),
            ("A1.IN.R", 0x104),
            ("A1.R", 0x108),
            ("B.S", 0x1000),
            ("C.IN.R", 0x2004),
            ("C.R", 0x2008),
        ];
        let text = svd(&[&a, b].concat());
        let map = RegisterMap::import(&text).unwrap();
        let found: Vec<_> = map.registers.iter().map(|one| (one.name.as_str(), one.offset)).collect();
        assert_eq!(found, expected);
        assert_eq!(map.register("B.S").unwrap().field("F").unwrap().bits.to_string(), "3:1");
        assert_eq!(map.register("C.R").unwrap().width.bits(), 8);
    }

    #[test]
    fn a_circle_of_derivations_is_refused() {
        let refused = |peripherals: &str| RegisterMap::import(&svd(peripherals)).unwrap_err().to_string();
        let one = |name: &str, from: &str| {
            format!(
                "<peripheral derivedFrom=\"{from}\"><name>{name}</name><baseAddress>0</baseAddress></peripheral>"
            )
        };
        let itself = refused(&one("A", "A"));
        assert!(itself.ends_with("it is derived from A, and there is no such peripheral"), "{itself}");
        let circle = refused(&[one("A", "B"), one("B", "C"), one("C", "A")].concat());
        assert!(circle.ends_with("what it is derived from is derived from it in turn"), "{circle}");
        let through = refused(&[one("A", "B.X"), one("B", "A.X")].concat());
        assert!(through.ends_with("there is no such peripheral"), "{through}");
    }

    #[test]
    fn clusters_that_grow_out_of_each_other_end() {
        let ten = |from: &str| {
            let one = |i: usize| {
                format!(
                    "<cluster derivedFrom=\"{from}\"><name>{from}{i}</name><addressOffset>0</addressOffset></cluster>"
                )
            };
            (0..10).map(one).collect::<String>()
        };
        let cluster = |name: &str, inner: &str| {
            format!("<cluster><name>{name}</name><addressOffset>0</addressOffset>{inner}</cluster>")
        };
        let text = format!(
            "<peripheral><name>P</name><baseAddress>0</baseAddress><registers>{}{}</registers></peripheral>",
            cluster("A", &ten("B")),
            cluster("B", &ten("A")),
        );
        let error = RegisterMap::import(&svd(&text)).unwrap_err().to_string();
        assert!(error.contains("too deep") || error.contains("more than 200000"), "{error}");
    }
}
