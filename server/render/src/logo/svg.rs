//! SVG to pixels, after a walk that shows that it only draws.
//!
//! The drawing library fetches nothing here: it gets no file, no network and no font resolver. The walk is for what it
//! would do inside: a small file can ask for billions of shapes through references to references, and deep nesting
//! eats the stack.

use std::collections::HashMap;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node, ParsingOptions};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::{LogoError, MAX_SIDE, blank};

/// The most elements of a file.
const MAX_NODES: u32 = 50_000;
/// The most elements that are drawn, references followed.
const MAX_DRAWN: u64 = 100_000;
/// The deepest nesting, references followed.
const MAX_DEPTH: usize = 64;

/// Elements that do more than draw a shape, and what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("script", "contains a script"),
    ("foreignObject", "contains another kind of document"),
    (
        "image",
        "contains a picture; embed no pictures, or save the logo as PNG",
    ),
    (
        "feImage",
        "contains a picture; embed no pictures, or save the logo as PNG",
    ),
    ("filter", "uses filters; flatten them, or save the logo as PNG"),
    (
        "marker",
        "uses markers; turn them into shapes, or save the logo as PNG",
    ),
    (
        "text",
        "contains text; turn it into outlines, since fonts differ from machine to machine",
    ),
    ("animate", "is animated"),
    ("animateMotion", "is animated"),
    ("animateTransform", "is animated"),
    ("set", "is animated"),
    ("iframe", "contains another document"),
    ("video", "contains a film"),
    ("audio", "contains sound"),
];

fn refused(reason: impl Into<String>) -> LogoError {
    LogoError::Unsafe(reason.into())
}

/// Draws an SVG with its longer side at [`MAX_SIDE`] pixels.
pub fn draw(text: &str) -> Result<Pixmap, LogoError> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        entity_resolver: None,
    };
    let document = Document::parse_with_options(text, options).map_err(unread)?;
    check(&document)?;
    let nothing = ImageHrefResolver {
        resolve_data: Box::new(|_, _, _| None),
        resolve_string: Box::new(|_, _| None),
    };
    let options = Options {
        image_href_resolver: nothing,
        ..Options::default()
    };
    let tree =
        Tree::from_xmltree(&document, &options).map_err(|error| LogoError::Damaged(error.to_string()))?;
    paint(&tree)
}

fn unread(error: resvg::usvg::roxmltree::Error) -> LogoError {
    use resvg::usvg::roxmltree::Error;
    match error {
        Error::DtdDetected | Error::UnknownEntityReference(..) | Error::EntityReferenceLoop(_) => {
            refused("declares entities or a document type; save it as plain SVG")
        }
        Error::NodesLimitReached => refused(format!("has more than {MAX_NODES} elements")),
        other => LogoError::Damaged(other.to_string()),
    }
}

fn paint(tree: &Tree) -> Result<Pixmap, LogoError> {
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = MAX_SIDE as f32 / width.max(height);
    let side = |length: f32| ((length * scale).round() as u32).clamp(1, MAX_SIDE);
    let mut pixmap = blank(side(width), side(height))?;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    if pixmap.pixels().iter().all(|pixel| pixel.alpha() == 0) {
        return Err(refused("draws nothing that can be seen"));
    }
    Ok(pixmap)
}

/// Refuses what is not a plain drawing.
fn check(document: &Document) -> Result<(), LogoError> {
    let root = document.root_element();
    if root.tag_name().name() != "svg" {
        return Err(LogoError::WrongFormat("an XML or HTML document"));
    }
    for node in document.descendants() {
        if node.is_pi() {
            return Err(refused("refers to a style sheet or program of its own"));
        }
        if node.is_element() {
            check_element(node)?;
        }
    }
    let drawn = Walk::new(document).drawn(root, 0)?;
    if drawn > MAX_DRAWN {
        return Err(refused(format!(
            "draws more than {MAX_DRAWN} shapes through its references"
        )));
    }
    Ok(())
}

fn check_element(node: Node) -> Result<(), LogoError> {
    let name = node.tag_name().name();
    if let Some((_, reason)) = REFUSED
        .iter()
        .find(|(refused, _)| name.eq_ignore_ascii_case(refused))
    {
        return Err(refused(*reason));
    }
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value().trim());
        if key.len() > 2 && key[..key.len().min(2)].eq_ignore_ascii_case("on") {
            return Err(refused("contains a script"));
        }
        if key == "href" && !value.starts_with('#') && name != "a" {
            return Err(refused("refers to something outside of itself"));
        }
        references(value)?;
    }
    if name == "style" {
        let text: String = node.children().filter_map(|child| child.text()).collect();
        if text.contains("@import") {
            return Err(refused("refers to something outside of itself"));
        }
        references(&text)?;
    }
    Ok(())
}

/// The ids in `url(#id)` of a text. Any other address is refused; so are escapes, which could hide one.
fn references(text: &str) -> Result<Vec<&str>, LogoError> {
    let mut ids = Vec::new();
    if text.contains('\\') && text.contains('(') {
        return Err(refused("hides an address"));
    }
    for (at, _) in text.to_ascii_lowercase().match_indices("url(") {
        let inside = text[at + 4..].split(')').next().unwrap_or_default();
        let address = inside.trim().trim_matches(['"', '\'']).trim();
        let id = address
            .strip_prefix('#')
            .ok_or_else(|| refused("refers to something outside of itself"))?;
        ids.push(id);
    }
    Ok(ids)
}

/// How many elements are drawn below each one, references followed.
struct Walk<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    known: HashMap<usize, Option<u64>>,
    /// What every element may refer to by the style sheets.
    styles: Vec<&'a str>,
}

impl<'a, 'input> Walk<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let elements = || document.descendants().filter(Node::is_element);
        let by_id = elements()
            .filter_map(|node| Some((node.attribute("id")?, node)))
            .collect();
        let sheets = elements().filter(|node| node.tag_name().name() == "style");
        let texts = sheets
            .flat_map(|sheet| sheet.children())
            .filter_map(|child| child.text());
        let styles = texts
            .flat_map(|text| references(text).unwrap_or_default())
            .collect();
        Self {
            by_id,
            known: HashMap::new(),
            styles,
        }
    }

    /// Counts an element and all that it draws.
    fn drawn(&mut self, node: Node<'a, 'input>, depth: usize) -> Result<u64, LogoError> {
        let key = node.id().get_usize();
        match self.known.get(&key) {
            Some(Some(count)) => return Ok(*count),
            Some(None) => return Err(refused("refers to itself")),
            None => {}
        }
        if depth > MAX_DEPTH {
            return Err(refused(format!("is nested more than {MAX_DEPTH} deep")));
        }
        self.known.insert(key, None);
        let mut count = 1_u64;
        for child in node.children().filter(Node::is_element) {
            count = count.saturating_add(self.drawn(child, depth + 1)?);
        }
        for target in self.targets(node) {
            count = count.saturating_add(self.drawn(target, depth + 1)?);
        }
        self.known.insert(key, Some(count));
        Ok(count)
    }

    /// What an element refers to. Gradients and the like inside definitions are not styled by sheets.
    fn targets(&self, node: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
        let mut ids: Vec<&str> = Vec::new();
        for attribute in node.attributes() {
            if attribute.name() == "href" {
                ids.extend(attribute.value().trim().strip_prefix('#'));
            }
            ids.extend(references(attribute.value()).unwrap_or_default());
        }
        if node.attribute("class").is_some() {
            ids.extend(&self.styles);
        }
        ids.iter().filter_map(|id| self.by_id.get(id).copied()).collect()
    }
}
