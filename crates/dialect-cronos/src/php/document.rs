//! A text that has been read: values in one table, which name each other by their places.

use std::borrow::Cow;

/// A value's place in the table.
pub(super) type Place = usize;

/// One value.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(&'a str),
    /// A text, its escapes undone.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Place>),
    /// An object. Of two members with one name, the last value stands where the first stood.
    Object(Vec<(Cow<'a, str>, Place)>),
}

/// A JSON text that has been read.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    nodes: Vec<Node<'a>>,
    root: Place,
}

impl<'a> Document<'a> {
    pub(super) fn new(nodes: Vec<Node<'a>>, root: Place) -> Self {
        Self { nodes, root }
    }

    pub(super) fn node(&self, place: Place) -> &Node<'a> {
        self.nodes.get(place).unwrap_or(&Node::Null)
    }

    pub(super) fn root_place(&self) -> Place {
        self.root
    }

    /// The outermost value.
    pub(crate) fn root(&self) -> Value<'_> {
        Value { document: self, place: self.root }
    }
}

/// A value of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'d> {
    document: &'d Document<'d>,
    place: Place,
}

/// What stands where a text or a number should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given<'d> {
    /// Nothing, `null`, or a text of nothing but blanks, which the platform takes for nothing.
    Absent,
    /// A text.
    Text(&'d str),
    /// A number, as it was written.
    Number(&'d str),
    /// Something else.
    Other,
}

impl<'d> Value<'d> {
    /// Whether it is an object. The empty list counts as one: PHP's arrays cannot tell them apart.
    pub(crate) fn is_object(self) -> bool {
        match self.document.node(self.place) {
            Node::Object(_) => true,
            Node::List(items) => items.is_empty(),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => false,
        }
    }

    /// The member of this name, if it is an object that has one.
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        let Node::Object(members) = self.document.node(self.place) else { return None };
        let (_, place) = members.iter().find(|(other, _)| other == name)?;
        Some(Self { document: self.document, place: *place })
    }

    /// What stands here, for whoever wants a text or a number.
    pub(crate) fn given(self) -> Given<'d> {
        match self.document.node(self.place) {
            Node::Null => Given::Absent,
            Node::Text(text) if text.trim().is_empty() => Given::Absent,
            Node::Text(text) => Given::Text(text),
            Node::Number(number) => Given::Number(number),
            Node::Bool(_) | Node::List(_) | Node::Object(_) => Given::Other,
        }
    }
}
