//! Fonts, embedded as subsets of what was used, with the letters of each glyph.

use std::fmt::Write as _;
use std::io::Write;

use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use super::PdfError;
use super::file::File;
use super::glyphs::{CODES, PLAIN, Used};

/// A font of a document.
pub struct Font {
    /// PostScript name.
    pub name: String,
    /// The TrueType or OpenType file.
    pub data: &'static [u8],
    /// Advance of each glyph, in thousandths of an em.
    pub advances: Vec<f32>,
    /// What was used.
    pub used: Used,
}

impl Font {
    /// Reads a font.
    pub fn new(name: &str, data: &'static [u8]) -> Result<Self, PdfError> {
        let face =
            Face::parse(data, 0).map_err(|error| PdfError::Font(name.to_owned(), error.to_string()))?;
        let em = f32::from(face.units_per_em());
        let advance = |glyph| f32::from(face.glyph_hor_advance(GlyphId(glyph)).unwrap_or_default());
        let advances = (0..face.number_of_glyphs())
            .map(|glyph| advance(glyph) * 1000.0 / em)
            .collect();
        Ok(Self {
            name: name.to_owned(),
            data,
            advances,
            used: Used::default(),
        })
    }

    /// Writes the font and returns its resources: name in content streams and object.
    pub fn write<W: Write>(&self, file: &mut File<W>, key: usize) -> Result<Vec<(String, u32)>, PdfError> {
        let said = |error: &dyn std::fmt::Display| PdfError::Font(self.name.clone(), error.to_string());
        let mut remapper = GlyphRemapper::new();
        self.used.glyphs.iter().for_each(|(glyph, _)| {
            remapper.remap(*glyph);
        });
        let subset = subsetter::subset(self.data, 0, &remapper).map_err(|error| said(&error))?;
        let face = Face::parse(self.data, 0).map_err(|error| said(&error))?;
        let base = format!("{}+{}", tag(key), self.name);
        let data = file.promise()?;
        let is_cff = face.tables().cff.is_some();
        let kind = if is_cff {
            "/Subtype/OpenType".to_owned()
        } else {
            format!("/Length1 {}", subset.len())
        };
        file.stream(data, &kind, &subset)?;
        let descriptor = file.promise()?;
        file.object(descriptor, self.descriptor(&face, &base, data, is_cff).as_bytes())?;
        let descendant = file.promise()?;
        let kind = if is_cff { "0" } else { "2/CIDToGIDMap/Identity" };
        let body = format!(
            "<</Type/Font/Subtype/CIDFontType{kind}/BaseFont/{base}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor {descriptor} 0 R/DW 0/W[0[{}]]>>",
            self.widths()
        );
        file.object(descendant, body.as_bytes())?;
        let resources = self.used.glyphs.len() as u16 / CODES + 1;
        (0..resources)
            .map(|part| self.resource(file, key, part, &base, descendant))
            .collect()
    }

    fn widths(&self) -> String {
        let glyphs = std::iter::once(0).chain(self.used.glyphs.iter().map(|(glyph, _)| *glyph));
        let widths = glyphs.map(|glyph| self.advances.get(usize::from(glyph)).copied().unwrap_or_default());
        widths
            .map(|width| format!("{} ", (width * 100.0).round() / 100.0))
            .collect()
    }

    fn descriptor(&self, face: &Face, base: &str, data: u32, is_cff: bool) -> String {
        let em = f32::from(face.units_per_em());
        let scaled = |units: i16| (f32::from(units) * 1000.0 / em).round();
        let bounds = face.global_bounding_box();
        format!(
            "<</Type/FontDescriptor/FontName/{base}/Flags 4/FontBBox[{} {} {} {}]/ItalicAngle 0/Ascent {}/Descent {}/CapHeight {}/StemV {}/FontFile{} {data} 0 R>>",
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
            scaled(face.ascender()),
            scaled(face.descender()),
            scaled(face.capital_height().unwrap_or_else(|| face.ascender())),
            // An estimate that readers use for substitution only, which never happens with an embedded font.
            if face.is_bold() { 140 } else { 80 },
            if is_cff { 3 } else { 2 },
        )
    }

    /// A font resource: 252 glyphs by codes of one byte.
    fn resource<W: Write>(
        &self,
        file: &mut File<W>,
        key: usize,
        part: u16,
        base: &str,
        descendant: u32,
    ) -> Result<(String, u32), PdfError> {
        let (cmap, letters, font) = (file.promise()?, file.promise()?, file.promise()?);
        let name = format!("T{part}");
        let info = "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>";
        file.stream(
            cmap,
            &format!("/Type/CMap/CMapName/{name}{info}"),
            codes(&name, part).as_bytes(),
        )?;
        file.stream(letters, "", self.letters(part).as_bytes())?;
        let body = format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{base}/Encoding {cmap} 0 R/DescendantFonts[{descendant} 0 R]/ToUnicode {letters} 0 R>>"
        );
        file.object(font, body.as_bytes())?;
        Ok((resource_name(key, part), font))
    }

    /// The letters of each code, so that text can be searched and copied (ISO 32000-1, 9.10.3).
    fn letters(&self, part: u16) -> String {
        let glyphs = self.used.glyphs.iter().zip(1_u16..);
        let mine = glyphs.filter(|((_, letters), number)| number / CODES == part && !letters.is_empty());
        let lines: Vec<String> = mine
            .map(|((_, letters), number)| {
                let units = letters.encode_utf16().map(|unit| format!("{unit:04X}"));
                format!(
                    "<{:02X}><{}>\n",
                    super::glyphs::code(number).1,
                    units.collect::<String>()
                )
            })
            .collect();
        let mut text = head("Letters");
        // A block holds at most 100 lines.
        for block in lines.chunks(100) {
            let _ = write!(text, "{} beginbfchar\n{}endbfchar\n", block.len(), block.concat());
        }
        text + END
    }
}

/// From codes to numbers of glyphs.
fn codes(name: &str, part: u16) -> String {
    let mut text = head(name);
    let mut number = part * CODES;
    let _ = writeln!(text, "{} begincidrange", PLAIN.len());
    for (first, count) in PLAIN {
        let _ = writeln!(
            text,
            "<{first:02X}><{:02X}> {number}",
            u16::from(first) + count - 1
        );
        number += count;
    }
    text + "endcidrange\n" + END
}

fn head(name: &str) -> String {
    format!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>def\n/CMapName/{name} def\n/CMapType 1 def\n1 begincodespacerange\n<00><FF>\nendcodespacerange\n"
    )
}

const END: &str = "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n";

/// The name of a font resource in content streams.
pub fn resource_name(key: usize, part: u16) -> String {
    if part == 0 {
        format!("f{key}")
    } else {
        format!("f{key}.{part}")
    }
}

/// Six capitals, as subsets are marked with.
fn tag(key: usize) -> String {
    let mut rest = key;
    let mut letter = || {
        let letter = char::from(b'A' + (rest % 26) as u8);
        rest /= 26;
        letter
    };
    (0..6).map(|_| letter()).collect()
}
