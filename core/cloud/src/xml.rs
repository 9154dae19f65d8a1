//! Small XML documents as trees, for answers that are lists of lists.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element: its name without a namespace, its attributes, its text and its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a document and answers its root. White space counts: keys may begin with it.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(document).map_err(|_not_text| "it is not UTF-8".to_owned())?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = vec![];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let closed = match event {
                Event::Start(start) => {
                    open.push(Self::begin(&start)?);
                    continue;
                }
                Event::Empty(start) => Self::begin(&start)?,
                Event::End(_) => open.pop().ok_or("it ends an element that never began")?,
                Event::Text(piece) => {
                    let piece = piece.decode().map_err(|error| error.to_string())?;
                    push(&mut open, &piece);
                    continue;
                }
                Event::CData(piece) => {
                    let piece = piece.decode().map_err(|error| error.to_string())?;
                    push(&mut open, &piece);
                    continue;
                }
                Event::GeneralRef(reference) => {
                    let letter =
                        if let Some(letter) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
                            letter.to_string()
                        } else {
                            let name = reference.decode().map_err(|error| error.to_string())?;
                            quick_xml::escape::resolve_predefined_entity(&name)
                                .ok_or("it has an unknown entity")?
                                .to_owned()
                        };
                    push(&mut open, &letter);
                    continue;
                }
                Event::Eof => return Err("it ends too early".to_owned()),
                _ => continue,
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return Ok(closed),
            }
        }
    }

    fn begin(start: &quick_xml::events::BytesStart<'_>) -> Result<Self, String> {
        let mut element = Self {
            name: String::from_utf8_lossy(start.local_name().as_ref()).into_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let name = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
            element
                .attributes
                .push((name, String::from_utf8_lossy(&attribute.value).into_owned()));
        }
        Ok(element)
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; empty when it is not there.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }

    /// The children of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Whether an attribute has this value.
    pub(crate) fn has(&self, attribute: &str, value: &str) -> bool {
        self.attributes
            .iter()
            .any(|(name, is)| name == attribute && is == value)
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_a_tree_whose_text_is_exact() {
        let document = b"\xef\xbb\xbf<?xml version=\"1.0\"?><L a=\"1\"><N Encoded=\"true\"> a&amp;b&#x20;</N><N><![CDATA[<]]></N><E/></L>";
        let root = Element::parse(document).unwrap();
        let names: Vec<_> = root.all("N").map(|name| name.text.as_str()).collect();
        assert_eq!(names, [" a&b ", "<"]);
        assert!(root.children[0].has("Encoded", "true") && root.has("a", "1"));
        assert_eq!(root.text_of("E"), "");
        assert!(root.child("X").is_none());
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        for document in ["<L><N>", "", "</L>", "<L>&unknown;</L>"] {
            assert!(Element::parse(document.as_bytes()).is_err(), "{document}");
        }
    }
}
