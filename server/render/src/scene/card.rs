//! From a layout and a card's data to the card's own items.

use std::sync::Arc;

use super::compile::{Slot, SlotKind, Words};
use super::{Card, Glyph, GlyphRun, ImageItem, Item, LEAST_MODULE, Layout, QrPlace, SceneError, Side};
use crate::color::Color;
use crate::data::CardData;
use crate::geometry::{MM_PER_UNIT, Rect};
use crate::qr::Code;
use crate::template::{Condition, Fact, Field, Form, Piece, TextSlot};
use crate::text::clean;
use crate::text::fit::{Fitted, Setting, fit, step_between};

/// Letters that `|short` keeps.
const SHORT: usize = 8;

impl Layout {
    /// Resolves one card.
    pub fn card(&self, data: &CardData) -> Result<Card, SceneError> {
        let filling = Filling::new(self, data);
        let mut card = Card {
            front: Vec::new(),
            back: Vec::new(),
            missing: Vec::new(),
            cut: false,
        };
        card.front = filling.side(&self.front, &mut card)?;
        card.back = filling.side(&self.back, &mut card)?;
        Ok(card)
    }

    /// Texts that say the same on every card become fixed.
    pub(super) fn settle(&mut self) {
        let nobody = CardData::default();
        for side in [0, 1] {
            let own = std::mem::take(if side == 0 {
                &mut self.front.slots
            } else {
                &mut self.back.slots
            });
            let (settled, own): (Vec<_>, Vec<_>) = own.into_iter().partition(is_fixed);
            let mut items = Vec::new();
            let mut unused = Card {
                front: Vec::new(),
                back: Vec::new(),
                missing: Vec::new(),
                cut: false,
            };
            let filling = Filling::new(self, &nobody);
            for slot in settled {
                if let SlotKind::Text(text, setting, color) = &slot.kind {
                    filling.text(text, setting, *color, &mut items, &mut unused);
                }
            }
            let target = if side == 0 {
                &mut self.front
            } else {
                &mut self.back
            };
            target.fixed.extend(items);
            target.slots = own;
        }
    }
}

fn is_fixed(slot: &Slot) -> bool {
    matches!(&slot.kind, SlotKind::Text(text, ..) if slot.when.is_empty() && text.pattern.is_fixed())
}

/// A card's data with what the configuration says about it.
struct Filling<'a> {
    data: &'a CardData,
    words: &'a Words,
    date_format: &'a str,
    attributes: Vec<&'a (String, String)>,
    code: std::cell::OnceCell<Arc<Code>>,
}

impl<'a> Filling<'a> {
    fn new(layout: &'a Layout, data: &'a CardData) -> Self {
        let words = &layout.words;
        let present = |pair: &&(String, String)| !pair.1.trim().is_empty();
        let mut attributes: Vec<_> = if words.fields.is_empty() {
            data.attributes.iter().filter(present).collect()
        } else {
            let named = |label: &String| data.attributes.iter().find(|(own, _)| own == label);
            words.fields.iter().filter_map(named).filter(present).collect()
        };
        attributes.truncate(words.max_attributes);
        Self {
            data,
            words,
            date_format: &layout.template.date_format,
            attributes,
            code: std::cell::OnceCell::new(),
        }
    }

    fn side(&self, side: &Side, card: &mut Card) -> Result<Vec<Item>, SceneError> {
        let mut items = Vec::new();
        for slot in &side.slots {
            if !slot.when.iter().all(|condition| self.holds(*condition)) {
                continue;
            }
            match &slot.kind {
                SlotKind::Item(item) => items.push(item.clone()),
                SlotKind::Text(text, setting, color) => self.text(text, setting, *color, &mut items, card),
                SlotKind::Qr(rect, color) => items.push(Item::Qr(self.qr(*rect, *color)?)),
                SlotKind::Photo(rect, radius) => items.extend(self.photo(*rect, *radius)),
            }
        }
        Ok(items)
    }

    fn holds(&self, condition: Condition) -> bool {
        let data = self.data;
        let is = match condition.fact {
            // Decided when the layout was made.
            Fact::Logo(_) => return true,
            Fact::Photo => self.words.include_photo && data.photo.is_some(),
            Fact::Attribute(number) => number < self.attributes.len(),
            Fact::Name => !data.name.is_empty(),
            Fact::MpiId => !self.field(&Field::MpiId).is_empty(),
            Fact::Programme => !data.programme.is_empty(),
            Fact::Campaign => !data.campaign.is_empty(),
            Fact::Subtitle => !self.field(&Field::Subtitle).is_empty(),
            Fact::Enrolled => data.enrolled.is_some(),
            Fact::Issued => data.issued.is_some(),
            Fact::Expires => data.expires.is_some(),
            Fact::TrackedEntity => !data.tracked_entity.is_empty(),
            Fact::CardCode => !data.card_code.is_empty(),
        };
        is == condition.holds
    }

    fn field(&self, field: &Field) -> String {
        let data = self.data;
        let date = |date: Option<jiff::civil::Date>| {
            // The parse of the template tried the format.
            date.and_then(|date| jiff::fmt::strtime::format(self.date_format, date).ok())
                .unwrap_or_default()
        };
        match field {
            Field::Name => data.name.clone(),
            Field::MpiId if self.words.include_mpi_id => data.mpi_id.clone(),
            Field::MpiId => String::new(),
            Field::Programme => data.programme.clone(),
            Field::Campaign => data.campaign.clone(),
            Field::Title => self.words.title.clone(),
            Field::Subtitle if data.subtitle.is_empty() => self.words.subtitle.clone(),
            Field::Subtitle => data.subtitle.clone(),
            Field::Enrolled => date(data.enrolled),
            Field::Issued => date(data.issued),
            Field::Expires => date(data.expires),
            Field::TrackedEntity => data.tracked_entity.clone(),
            Field::CardCode => data.card_code.clone(),
            Field::AttributeLabel(at) => self
                .attributes
                .get(*at)
                .map(|pair| pair.0.clone())
                .unwrap_or_default(),
            Field::AttributeValue(at) => self
                .attributes
                .get(*at)
                .map(|pair| pair.1.clone())
                .unwrap_or_default(),
            Field::Text(key) => self.words.texts.get(key).cloned().unwrap_or_default(),
        }
    }

    /// What a slot says; empty when it has fields and all are empty.
    fn words_of(&self, slot: &TextSlot) -> String {
        let (mut said, mut fields, mut filled) = (String::new(), 0, 0);
        for piece in &slot.pattern.0 {
            match piece {
                Piece::Words(words) => said.push_str(words),
                Piece::Field(field, form) => {
                    let text = clean(&self.field(field));
                    fields += 1;
                    filled += usize::from(!text.is_empty());
                    said.push_str(&formed(text, *form));
                }
            }
        }
        if fields > 0 && filled == 0 {
            return String::new();
        }
        let said = clean(&said);
        if slot.upper { said.to_uppercase() } else { said }
    }

    fn text(&self, slot: &TextSlot, setting: &Setting, color: Color, items: &mut Vec<Item>, card: &mut Card) {
        let words = self.words_of(slot);
        if words.is_empty() {
            return;
        }
        let fitted = fit(&words, setting, slot.rect.w, slot.rect.h);
        card.cut |= fitted.cut;
        for (_, line) in &fitted.lines {
            let new: Vec<char> = line
                .missing
                .iter()
                .copied()
                .filter(|c| !card.missing.contains(c))
                .collect();
            card.missing.extend(new);
        }
        place(&fitted, slot, setting, color, items);
    }

    fn qr(&self, rect: Rect, color: Color) -> Result<QrPlace, SceneError> {
        let code = match self.code.get() {
            Some(code) => Arc::clone(code),
            None => {
                let code = Arc::new(Code::smallest(&self.data.qr)?);
                Arc::clone(self.code.get_or_init(|| code))
            }
        };
        let text = self.data.qr.as_str().into();
        let place = QrPlace {
            rect,
            color,
            code,
            text,
        };
        let found = place.module();
        if found < LEAST_MODULE {
            return Err(SceneError::SmallModules {
                length: self.data.qr.len(),
                found: found * MM_PER_UNIT,
            });
        }
        Ok(place)
    }

    /// The photo fills its box and is cut where it has another form.
    fn photo(&self, clip: Rect, radius: f32) -> Option<Item> {
        let picture = self.data.photo.clone().filter(|_| self.words.include_photo)?;
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let scale = (clip.w / width).max(clip.h / height);
        Some(Item::Image(ImageItem {
            rect: clip.centered(width * scale, height * scale),
            clip,
            radius,
            picture,
        }))
    }
}

fn formed(text: String, form: Form) -> String {
    match form {
        Form::Plain => text,
        Form::Upper => text.to_uppercase(),
        Form::Short if text.chars().count() > SHORT + 1 => text.chars().take(SHORT).chain(['…']).collect(),
        Form::Short => text,
    }
}

/// Places fitted lines in their box: the capitals of the block are centered, and ink is moved inside where it sticks out.
fn place(fitted: &Fitted, slot: &TextSlot, setting: &Setting, color: Color, items: &mut Vec<Item>) {
    let (Some((_, first)), Some((_, last))) = (fitted.lines.first(), fitted.lines.last()) else {
        return;
    };
    let size = fitted.size;
    let steps: Vec<f32> = fitted
        .lines
        .windows(2)
        .map(|pair| step_between(&pair[0].1, &pair[1].1, setting.leading) * size)
        .collect();
    let block = CAPITALS * size + steps.iter().sum::<f32>();
    let top = slot.rect.y + (slot.rect.h - block) * slot.valign;
    let highest = slot.rect.y + first.above * size;
    let lowest = slot.rect.bottom() - steps.iter().sum::<f32>() - last.below * size;
    let mut baseline = (top + CAPITALS * size).min(lowest).max(highest);
    for (at, (text, line)) in fitted.lines.iter().enumerate() {
        let free = slot.rect.w - (line.width + line.overhang) * size;
        let align = match slot.is_mirrored && line.rtl {
            true => 1.0 - slot.align,
            false => slot.align,
        };
        let x = slot.rect.x + free * align + line.overhang * size;
        runs(text, line, [x, baseline], size, slot.rect, color, items);
        baseline += steps.get(at).copied().unwrap_or_default();
    }
}

/// Height of capitals in ems; all of the fonts agree within a hundredth.
const CAPITALS: f32 = 0.714;

/// Cuts a line into runs of one font.
fn runs(
    text: &str,
    line: &crate::text::shape::Shaped,
    origin: [f32; 2],
    size: f32,
    bounds: Rect,
    color: Color,
    items: &mut Vec<Item>,
) {
    let text: Arc<str> = text.into();
    for glyphs in line.glyphs.chunk_by(|a, b| a.font == b.font) {
        let placed = |glyph: &crate::text::shape::ShapedGlyph| Glyph {
            id: glyph.id,
            x: origin[0] + glyph.x * size,
            y: origin[1] + glyph.y * size,
            start: glyph.start,
            end: glyph.end,
        };
        items.push(Item::Glyphs(GlyphRun {
            font: glyphs[0].font,
            size,
            color,
            glyphs: glyphs.iter().map(placed).collect(),
            text: Arc::clone(&text),
            bounds,
        }));
    }
}
