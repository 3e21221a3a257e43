//! A document of cards: forms and fonts first named, then pages, then the end. All of them are PDF/A-2b (ISO 19005-2),
//! so that what a ministry archives looks the same on any machine.

use std::collections::BTreeSet;
use std::io::Write;

use jiff::civil::Date;

use super::artwork::{Artwork, Segment};
use super::content::{self, Face, Run, Writer};
use super::file::File;
use super::fonts::Font;
use super::sheet::{Sheet, Turn};
use super::{POINTS_PER_MM, PdfError};

/// Pages of a node of the page tree.
const LEAF: usize = 250;
/// Openings of pages that are remembered.
const OPENINGS: usize = 64;

/// What red, green and blue are: sRGB (IEC 61966-2-1) as an ICC profile.
const SRGB: &[u8] = include_bytes!("srgb.icc");
/// The beginning of an output intent of PDF/A (ISO 19005-2, 6.2.3).
const INTENT: &str =
    "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)";

/// What the document says about itself. Nothing here may name a person.
#[derive(Debug, Clone)]
pub struct About {
    /// Title: the template and the campaign.
    pub title: String,
    /// Day on which it was made.
    pub date: Date,
}

/// What cards are printed on.
#[derive(Debug, Clone, PartialEq)]
pub enum Paper {
    /// A page for each side, of the card's own size: front, back, front, back.
    Cards,
    /// Sheets with several cards.
    Sheets(Sheet),
}

/// A font of a document.
pub type FontId = usize;
/// Artwork of a document.
pub type FormId = usize;

/// A PDF of cards that is being written.
pub struct Document<W> {
    file: File<W>,
    about: About,
    paper: Paper,
    /// Width and height of a card, points.
    size: (f64, f64),
    fonts: Vec<Font>,
    forms: Vec<u32>,
    marks: Option<usize>,
    fixed: Fixed,
    writer: Writer,
    tree: Tree,
    /// Cards of a sheet that is not full yet: content of fronts and of backs.
    waiting: (Writer, Writer, usize),
    /// What pages begin with, and the stream of each.
    openings: Vec<(Vec<u8>, u32)>,
    /// Boxes of a page.
    boxes: String,
    /// Opacities of texts, where one is not opaque.
    opacities: BTreeSet<u8>,
}

/// Objects that are promised from the start.
struct Fixed {
    catalog: u32,
    info: u32,
    metadata: u32,
    profile: u32,
    resources: u32,
    fonts: u32,
    states: u32,
}

/// The page tree: nodes of many pages below one root, so that memory holds a number a node.
struct Tree {
    root: u32,
    nodes: Vec<u32>,
    node: u32,
    kids: String,
    in_node: usize,
    pages: u64,
}

impl<W: Write> Document<W> {
    /// Begins a document of cards of one size in millimeters.
    pub fn new(out: W, about: About, paper: Paper, width_mm: f64, height_mm: f64) -> Result<Self, PdfError> {
        let mut file = File::new(out)?;
        let fixed = Fixed {
            catalog: file.promise()?,
            info: file.promise()?,
            metadata: file.promise()?,
            profile: file.promise()?,
            resources: file.promise()?,
            fonts: file.promise()?,
            states: file.promise()?,
        };
        let root = file.promise()?;
        let mut document = Self {
            file,
            about,
            paper,
            size: (width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM),
            fonts: Vec::new(),
            forms: Vec::new(),
            marks: None,
            fixed,
            writer: Writer::new(),
            tree: Tree {
                root,
                nodes: Vec::new(),
                node: 0,
                kids: String::new(),
                in_node: 0,
                pages: 0,
            },
            waiting: (Writer::new(), Writer::new(), 0),
            openings: Vec::new(),
            boxes: String::new(),
            opacities: BTreeSet::new(),
        };
        let (width, height) = document.page_size();
        document.boxes = format!("/TrimBox[0 0 {width:.3} {height:.3}]/BleedBox[0 0 {width:.3} {height:.3}]");
        if let Paper::Sheets(sheet) = &document.paper {
            let marks = cut_marks(&sheet.clone(), document.size);
            document.marks = Some(document.form(&marks)?);
        }
        Ok(document)
    }

    /// Adds a font: a PostScript name and a TrueType or OpenType file. What is used of it is embedded.
    pub fn font(&mut self, name: &str, data: &'static [u8]) -> Result<FontId, PdfError> {
        self.fonts.push(Font::new(name, data)?);
        Ok(self.fonts.len() - 1)
    }

    /// Adds artwork that faces share.
    pub fn form(&mut self, artwork: &Artwork) -> Result<FormId, PdfError> {
        self.forms.push(artwork.write(&mut self.file)?);
        Ok(self.forms.len() - 1)
    }

    /// Adds text that faces share.
    pub fn lines(&mut self, runs: &[Run]) -> Result<FormId, PdfError> {
        if !self.has_fonts_of(runs) {
            return Err(PdfError::NotAdded);
        }
        self.note_opacities(runs);
        let (mut ops, (width, height)) = (Vec::new(), self.size);
        content::text(&mut ops, runs, height, &mut self.fonts);
        let form = self.file.promise()?;
        let entries = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 {width:.3} {height:.3}]/Resources<</Font {} 0 R/ExtGState {} 0 R>>",
            self.fixed.fonts, self.fixed.states
        );
        self.file.stream(form, &entries, &ops)?;
        self.forms.push(form);
        Ok(self.forms.len() - 1)
    }

    /// Adds a card.
    pub fn card(&mut self, front: &Face, back: Option<&Face>) -> Result<(), PdfError> {
        if !(self.has_all_of(front) && back.is_none_or(|back| self.has_all_of(back))) {
            return Err(PdfError::NotAdded);
        }
        self.note_opacities(front.runs);
        self.note_opacities(back.map_or(&[], |back| back.runs));
        match self.paper.clone() {
            Paper::Cards => {
                self.face_page(front)?;
                back.map_or(Ok(()), |back| self.face_page(back))
            }
            Paper::Sheets(sheet) => self.onto_sheet(&sheet, front, back),
        }
    }

    fn has_all_of(&self, face: &Face) -> bool {
        let is_added = |form: FormId| form < self.forms.len();
        is_added(face.form)
            && face.over.is_none_or(is_added)
            && face.lines.is_none_or(is_added)
            && self.has_fonts_of(face.runs)
    }

    fn has_fonts_of(&self, runs: &[Run]) -> bool {
        runs.iter().all(|run| run.font < self.fonts.len())
    }

    fn note_opacities(&mut self, runs: &[Run]) {
        let translucent = runs
            .iter()
            .map(|run| run.color[3])
            .filter(|&opacity| opacity < 255);
        self.opacities.extend(translucent);
    }

    fn face_page(&mut self, face: &Face) -> Result<(), PdfError> {
        self.writer.begin();
        let opening = Writer::opening(face, self.size.1);
        let shared = self.shared(&opening)?;
        if shared.is_none() {
            self.writer.raw(&opening);
        }
        self.writer.rest(face, self.size.1, &mut self.fonts);
        let own = (!self.writer.is_empty()).then(|| stream(&mut self.file, &mut self.writer));
        let streams: Vec<u32> = shared.into_iter().chain(own.transpose()?).collect();
        self.page(&streams)
    }

    /// The stream of an opening, if it is one of those that are remembered.
    fn shared(&mut self, opening: &[u8]) -> Result<Option<u32>, PdfError> {
        if let Some((_, stream)) = self.openings.iter().find(|(known, _)| known == opening) {
            return Ok(Some(*stream));
        }
        if self.openings.len() == OPENINGS {
            return Ok(None);
        }
        let number = self.file.promise()?;
        self.file.stream(number, "", opening)?;
        self.openings.push((opening.to_owned(), number));
        Ok(Some(number))
    }

    fn onto_sheet(&mut self, sheet: &Sheet, front: &Face, back: Option<&Face>) -> Result<(), PdfError> {
        let (fronts, backs, count) = &mut self.waiting;
        if *count == 0 {
            fronts.begin();
            backs.begin();
        }
        let card = (self.size.0 / POINTS_PER_MM, self.size.1 / POINTS_PER_MM);
        let matrix = sheet.front(card, *count);
        fronts.face(front, self.size.1, Some(matrix), &mut self.fonts);
        if let Some(back) = back {
            backs.face(back, self.size.1, Some(sheet.back(card, *count)), &mut self.fonts);
        }
        *count += 1;
        if *count == sheet.capacity(card) {
            self.end_sheet()?;
        }
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), PdfError> {
        let Paper::Sheets(sheet) = &self.paper else {
            return Ok(());
        };
        if self.waiting.2 == 0 {
            return Ok(());
        }
        let is_duplex = sheet.turn != Turn::Never;
        let marks = self.marks.unwrap_or_default();
        self.waiting.2 = 0;
        self.waiting.0.form(marks);
        let front = stream(&mut self.file, &mut self.waiting.0)?;
        self.page(&[front])?;
        if is_duplex {
            let back = stream(&mut self.file, &mut self.waiting.1)?;
            self.page(&[back])?;
        }
        Ok(())
    }

    fn page(&mut self, streams: &[u32]) -> Result<(), PdfError> {
        if self.tree.in_node == 0 {
            self.tree.node = self.file.promise()?;
            self.tree.nodes.push(self.tree.node);
        }
        let page = self.file.promise()?;
        let contents: String = streams.iter().map(|stream| format!("{stream} 0 R ")).collect();
        let body = format!(
            "<</Type/Page/Parent {} 0 R{}/Resources {} 0 R/Contents[{contents}]>>",
            self.tree.node, self.boxes, self.fixed.resources
        );
        self.file.object(page, body.as_bytes())?;
        self.tree.kids += &format!("{page} 0 R ");
        self.tree.in_node += 1;
        self.tree.pages += 1;
        if self.tree.in_node == LEAF {
            self.end_node()
        } else {
            Ok(())
        }
    }

    fn end_node(&mut self) -> Result<(), PdfError> {
        if self.tree.in_node == 0 {
            return Ok(());
        }
        let body = format!(
            "<</Type/Pages/Parent {} 0 R/Count {}/Kids[{}]>>",
            self.tree.root, self.tree.in_node, self.tree.kids
        );
        self.file.object(self.tree.node, body.as_bytes())?;
        self.tree.in_node = 0;
        self.tree.kids.clear();
        Ok(())
    }

    fn page_size(&self) -> (f64, f64) {
        match &self.paper {
            Paper::Cards => self.size,
            Paper::Sheets(sheet) => (sheet.width_mm * POINTS_PER_MM, sheet.height_mm * POINTS_PER_MM),
        }
    }

    /// Pages so far.
    pub fn pages(&self) -> u64 {
        self.tree.pages
    }

    /// Writes the last sheet, the fonts and the end, and gives back what was written to.
    pub fn finish(mut self) -> Result<W, PdfError> {
        self.end_sheet()?;
        self.end_node()?;
        self.resources()?;
        let (width, height) = self.page_size();
        let kids: String = self
            .tree
            .nodes
            .iter()
            .map(|node| format!("{node} 0 R "))
            .collect();
        let root = format!(
            "<</Type/Pages/Count {}/Kids[{kids}]/MediaBox[0 0 {width:.3} {height:.3}]>>",
            self.tree.pages
        );
        self.file.object(self.tree.root, root.as_bytes())?;
        self.about_itself()?;
        // A print dialog starts with real size, since scaled cards do not fit their holders and sheets do not meet.
        let catalog = format!(
            "<</Type/Catalog/Pages {} 0 R/Metadata {} 0 R/OutputIntents[{INTENT}/DestOutputProfile {} 0 R>>]/ViewerPreferences<</PrintScaling/None{}>>>>",
            self.tree.root,
            self.fixed.metadata,
            self.fixed.profile,
            self.duplex()
        );
        self.file.object(self.fixed.catalog, catalog.as_bytes())?;
        self.file.finish(self.fixed.catalog, self.fixed.info)
    }

    /// Who made it, when, and what its colors mean.
    fn about_itself(&mut self) -> Result<(), PdfError> {
        let title = escaped(&self.about.title);
        let producer = concat!("Teranga ", env!("CARGO_PKG_VERSION"));
        let day = self.about.date.strftime("%Y%m%d");
        let info = format!(
            "<</Title{title}/Producer({producer})/Creator({producer})/CreationDate(D:{day}000000Z)>>"
        );
        self.file.object(self.fixed.info, info.as_bytes())?;
        let xmp = metadata(&self.about, producer);
        self.file
            .raw(self.fixed.metadata, "/Type/Metadata/Subtype/XML", xmp.as_bytes())?;
        self.file.stream(self.fixed.profile, "/N 3", SRGB)
    }

    fn duplex(&self) -> &'static str {
        match &self.paper {
            Paper::Sheets(Sheet {
                turn: Turn::LongEdge, ..
            }) => "/Duplex/DuplexFlipLongEdge",
            Paper::Sheets(Sheet {
                turn: Turn::ShortEdge,
                ..
            }) => "/Duplex/DuplexFlipShortEdge",
            _ => "",
        }
    }

    /// Fonts and forms, to which every page refers.
    fn resources(&mut self) -> Result<(), PdfError> {
        let mut body = String::from("<<");
        for (key, font) in self.fonts.iter().enumerate() {
            if !font.used.glyphs.is_empty() {
                for (name, object) in font.write(&mut self.file, key)? {
                    body += &format!("/{name} {object} 0 R");
                }
            }
        }
        body += ">>";
        self.file.object(self.fixed.fonts, body.as_bytes())?;
        body = String::from("<<");
        // An opaque text may follow one that is not.
        for opacity in self.opacities.iter().chain(&[255]) {
            body += &format!("/o{opacity}<</ca {:.3}>>", f64::from(*opacity) / 255.0);
        }
        body += ">>";
        self.file.object(self.fixed.states, body.as_bytes())?;
        body = format!(
            "<</Font {} 0 R/ExtGState {} 0 R/XObject<<",
            self.fixed.fonts, self.fixed.states
        );
        for (name, form) in self.forms.iter().enumerate() {
            body += &format!("/x{name} {form} 0 R");
        }
        body += ">>>>";
        self.file.object(self.fixed.resources, body.as_bytes())
    }
}

/// Writes a page's content.
fn stream<W: Write>(file: &mut File<W>, writer: &mut Writer) -> Result<u32, PdfError> {
    let number = file.promise()?;
    match writer.finished() {
        (bytes, true) => file.packed(number, "", bytes)?,
        (bytes, false) => file.raw(number, "", bytes)?,
    }
    Ok(number)
}

/// Lines outside of the cards, where a cutter is set.
fn cut_marks(sheet: &Sheet, size: (f64, f64)) -> Artwork {
    let card = (size.0 / POINTS_PER_MM, size.1 / POINTS_PER_MM);
    let mut marks = Artwork::new(sheet.width_mm * POINTS_PER_MM, sheet.height_mm * POINTS_PER_MM);
    for [x1, y1, x2, y2] in sheet.cut_marks(card) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(|mm| mm * POINTS_PER_MM);
        marks.stroke(
            &[Segment::Move(x1, y1), Segment::Line(x2, y2)],
            0.25,
            [0, 0, 0, 255],
            &[],
        );
    }
    marks
}

/// A text string: UTF-16 with a mark, in hexadecimal.
fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>")
}

/// XMP (ISO 16684-1): what the information dictionary says, and that the file keeps to PDF/A-2b (ISO 19005-2, 6.6.4).
fn metadata(about: &About, producer: &str) -> String {
    let title = about.title.replace('&', "&amp;").replace('<', "&lt;");
    let day = about.date;
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"><pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title><xmp:CreatorTool>{producer}</xmp:CreatorTool><xmp:CreateDate>{day}T00:00:00Z</xmp:CreateDate><pdf:Producer>{producer}</pdf:Producer></rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
}
