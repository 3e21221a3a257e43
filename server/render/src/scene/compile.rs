//! From a template and a configuration to a layout.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ImageItem, Item, Layout, Paint, PathItem, SceneError, Side, Stroke};
use crate::color::Color;
use crate::config::{CardConfig, tinted};
use crate::data::Picture;
use crate::geometry::Rect;
use crate::logo::MAX_LOGOS;
use crate::template::{
    Condition, Element, Fact, Gradient, Ink, Kind, LogoRow, Reach, Shape, Source, Template, TextSlot, Tint,
};
use crate::text::fit::Setting;

/// Up to three logos, left to right.
pub type Logos = [Option<Arc<Picture>>; MAX_LOGOS];

/// What the configuration says in words and numbers.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub texts: BTreeMap<String, String>,
    pub title: String,
    pub subtitle: String,
    pub fields: Vec<String>,
    pub max_attributes: usize,
    pub include_mpi_id: bool,
    pub include_photo: bool,
}

/// A place where cards differ.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// What must hold of a card's data.
    pub when: Vec<Condition>,
    pub kind: SlotKind,
}

#[derive(Debug, Clone)]
pub(crate) enum SlotKind {
    Text(Box<TextSlot>, Setting, Color),
    Item(Item),
    Qr(Rect, Color),
    Photo(Rect, f32),
}

impl Side {
    /// Where cards differ: boxes, each with the colors that cards may put there.
    pub fn own_places(&self) -> impl Iterator<Item = (Rect, Vec<Color>)> {
        let solid = |paint: &Paint| match paint {
            Paint::Color(color) => Some(*color),
            _ => None,
        };
        self.slots.iter().map(move |slot| match &slot.kind {
            SlotKind::Text(text, _, color) => (text.rect, vec![*color]),
            SlotKind::Qr(rect, color) => (*rect, vec![*color, Color::WHITE]),
            SlotKind::Photo(rect, _) => (*rect, Vec::new()),
            SlotKind::Item(Item::Path(path)) => {
                let paints = path
                    .fill
                    .iter()
                    .chain(path.stroke.iter().map(|stroke| &stroke.paint));
                (
                    crate::paint::press::reach(path),
                    paints.filter_map(solid).collect(),
                )
            }
            SlotKind::Item(Item::Image(image)) => (image.clip, Vec::new()),
            SlotKind::Item(Item::Glyphs(run)) => (run.bounds, vec![run.color]),
            SlotKind::Item(Item::Qr(place)) => (place.rect, vec![place.color, Color::WHITE]),
        })
    }
}

/// What compiling an element needs.
struct Compiler<'a> {
    template: &'a Template,
    config: &'a CardConfig,
    palette: BTreeMap<String, Color>,
    logos: &'a Logos,
}

impl Layout {
    /// Resolves a template with its configuration and logos; checks the configuration.
    pub fn new(template: Template, config: &CardConfig, logos: &Logos) -> Result<Self, SceneError> {
        config.check(&template)?;
        let template = Arc::new(template);
        let compiler = Compiler {
            template: &template,
            config,
            palette: config.palette(&template)?,
            logos,
        };
        let (front, back) = (compiler.side(&template.front), compiler.side(&template.back));
        let mut layout = Self {
            width: template.width,
            height: template.height,
            corner: template.corner,
            front,
            back,
            words: words(&template, config),
            template,
        };
        layout.settle();
        Ok(layout)
    }
}

fn words(template: &Template, config: &CardConfig) -> Words {
    let mut texts = template.texts.clone();
    texts.extend(config.texts.clone());
    let word = |own: &Option<String>, key: &str| {
        own.clone()
            .unwrap_or_else(|| texts.get(key).cloned().unwrap_or_default())
    };
    Words {
        title: word(&config.title, "title"),
        subtitle: word(&config.subtitle, "subtitle"),
        texts,
        fields: config.fields.clone(),
        max_attributes: usize::from(config.max_attrs),
        include_mpi_id: config.include_mpi_id,
        include_photo: config.include_photo,
    }
}

impl Compiler<'_> {
    fn side(&self, elements: &[Element]) -> Side {
        let mut side = Side::default();
        for element in elements {
            let (fixed, own): (Vec<_>, Vec<_>) = element
                .when
                .iter()
                .copied()
                .partition(|condition| condition.fact.is_fixed());
            if !fixed.iter().all(|condition| self.holds(*condition)) {
                continue;
            }
            for kind in self.slots(&element.kind) {
                match kind {
                    SlotKind::Item(item) if own.is_empty() => side.fixed.push(item),
                    kind => side.slots.push(Slot {
                        when: own.clone(),
                        kind,
                    }),
                }
            }
        }
        side
    }

    fn slots(&self, kind: &Kind) -> Vec<SlotKind> {
        match kind {
            Kind::Logos(row) => self.logos(row).into_iter().map(SlotKind::Item).collect(),
            kind => self.slot(kind).into_iter().collect(),
        }
    }

    /// All logos side by side, each whole and on its own ground; a wide one takes the room that narrow ones leave.
    fn logos(&self, row: &LogoRow) -> Vec<Item> {
        let pictures: Vec<_> = self.logos.iter().flatten().cloned().collect();
        let high = row.rect.h - 2.0 * row.padding;
        let wide = |picture: &Arc<Picture>| picture.width() as f32 / picture.height() as f32 * high;
        let around = (2.0 * row.padding + row.gap) * pictures.len() as f32 - row.gap;
        let inner: f32 = pictures.iter().map(wide).sum();
        let scale = ((row.rect.w - around) / inner.max(1.0)).min(1.0);
        let mut x = row.rect.x + (row.rect.w - around - inner * scale) * row.align;
        let mut items = Vec::new();
        for picture in pictures {
            let (w, h) = (wide(&picture) * scale, high * scale);
            let plate = Rect {
                x,
                y: row.rect.y + (high - h) / 2.0,
                w: w + 2.0 * row.padding,
                h: h + 2.0 * row.padding,
            };
            x = plate.right() + row.gap;
            items.extend(row.plate.as_ref().map(|tint| self.plate(plate, row.radius, tint)));
            let rect = plate.centered(w, h);
            items.push(Item::Image(ImageItem {
                rect,
                clip: rect,
                radius: 0.0,
                picture,
            }));
        }
        items
    }

    fn plate(&self, rect: Rect, radius: f32, tint: &Tint) -> Item {
        Item::Path(PathItem {
            path: Arc::new(rect.rounded(radius)),
            fill: Some(Paint::Color(tinted(tint, &self.palette))),
            stroke: None,
        })
    }

    fn holds(&self, condition: Condition) -> bool {
        let is = match condition.fact {
            Fact::Logo(number) => self.logos.get(number).is_some_and(Option::is_some),
            _ => true,
        };
        is == condition.holds
    }

    fn slot(&self, kind: &Kind) -> Option<SlotKind> {
        Some(match kind {
            // `slots` takes them apart.
            Kind::Logos(_) => return None,
            Kind::Shape(shape) => SlotKind::Item(Item::Path(self.path(shape))),
            Kind::Text(text) => SlotKind::Text(
                text.clone(),
                self.setting(text),
                tinted(&text.color, &self.palette),
            ),
            Kind::Qr { rect, color } => SlotKind::Qr(*rect, tinted(color, &self.palette)),
            Kind::Image {
                rect,
                source: Source::Photo,
                radius,
            } => SlotKind::Photo(*rect, *radius),
            Kind::Image {
                rect,
                source: Source::Logo(number),
                radius,
            } => {
                let picture = self.logos.get(*number)?.clone()?;
                let place = rect.contain(picture.width() as f32, picture.height() as f32);
                SlotKind::Item(Item::Image(ImageItem {
                    rect: place,
                    clip: place,
                    radius: *radius,
                    picture,
                }))
            }
        })
    }

    fn path(&self, shape: &Shape) -> PathItem {
        PathItem {
            path: Arc::new(shape.path.clone()),
            fill: shape.fill.as_ref().map(|ink| self.paint(ink)),
            stroke: shape.stroke.as_ref().map(|stroke| Stroke {
                paint: self.paint(&stroke.ink),
                width: stroke.width,
                dash: stroke.dash.clone(),
                round: stroke.round,
            }),
        }
    }

    fn paint(&self, ink: &Ink) -> Paint {
        match ink {
            Ink::Tint(tint) => Paint::Color(tinted(tint, &self.palette)),
            Ink::Gradient(name) => match self.template.gradients.get(name) {
                Some(gradient) => self.gradient(gradient),
                // The parse knows every gradient's name.
                None => Paint::Color(Color::BLACK),
            },
        }
    }

    fn gradient(&self, gradient: &Gradient) -> Paint {
        let stop = |(tint, place): &(_, f32)| (tinted(tint, &self.palette), *place);
        let stops = gradient.stops.iter().map(stop).collect();
        match gradient.reach {
            Reach::To(to) => Paint::Linear {
                from: gradient.from,
                to,
                stops,
            },
            Reach::Radius(radius) => Paint::Radial {
                center: gradient.from,
                radius,
                stops,
            },
        }
    }

    fn setting(&self, text: &TextSlot) -> Setting {
        let scale = if text.is_title {
            self.config.title_scale
        } else {
            self.config.font_scale
        };
        Setting {
            family: text.family,
            weight: text.weight,
            size: text.size * scale,
            // A smaller type is asked for knowingly; a larger one may still shrink to where it was.
            min_size: text.min_size * scale.min(1.0),
            spacing: text.spacing,
            leading: text.leading,
            lines: text.lines,
        }
    }
}
