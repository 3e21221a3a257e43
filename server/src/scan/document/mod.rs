//! PDF files: the pictures on their pages, each of which may show a code.
//!
//! Nothing is drawn. What scanners and our own printing put on a page are pictures as they are: photos, fax images, and
//! the modules of a code as a mask of one bit each. They are taken from where the page's content shows them, also
//! inside of forms, and each is bounded before it is decoded.

mod content;
mod pixels;
mod stream;

use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::photo::Photo;

/// The most bytes of a file.
const MAX_BYTES: u64 = 64 << 20;

/// The most pages of a file.
const MAX_PAGES: usize = 500;

/// Bytes in which a PDF file begins, at latest: some have an e-mail's header before them.
const HEADER_WITHIN: usize = 1024;

/// Whether bytes are those of a PDF file.
pub fn is_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(HEADER_WITHIN)]
        .windows(5)
        .any(|window| window == b"%PDF-")
}

/// A PDF file.
pub struct Document {
    pdf: Pdf,
}

impl Document {
    /// Opens a file; none if it is no PDF.
    pub fn open(file: &Path) -> anyhow::Result<Option<Self>> {
        use std::io::Read as _;
        let mut opened = std::fs::File::open(file).context("cannot open it")?;
        let mut head = Vec::new();
        let within = HEADER_WITHIN as u64;
        opened
            .by_ref()
            .take(within)
            .read_to_end(&mut head)
            .context("cannot read it")?;
        if !is_pdf(&head) {
            return Ok(None);
        }
        let length = opened.metadata().context("cannot read it")?.len();
        ensure!(
            length <= MAX_BYTES,
            "the PDF file is larger than {} MB; split it",
            MAX_BYTES >> 20
        );
        opened.read_to_end(&mut head).context("cannot read it")?;
        Self::new(head).map(Some)
    }

    fn new(bytes: Vec<u8>) -> anyhow::Result<Self> {
        let pdf = Pdf::new(bytes).map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                anyhow!("the PDF file is locked with a password; save it without one")
            }
            LoadPdfError::Decryption(_) => {
                anyhow!("the PDF file is encrypted in a way that is not read; save it without encryption")
            }
            LoadPdfError::Invalid => anyhow!("the PDF file is damaged; copy or export it again"),
        })?;
        let pages = pdf.pages().len();
        ensure!(pages > 0, "the PDF file has no pages");
        if pages > MAX_PAGES {
            bail!("the PDF file has {pages} pages, {MAX_PAGES} are read at most; split it");
        }
        Ok(Self { pdf })
    }

    /// Calls back with the pictures of each page and its number, from 1.
    pub fn pages(&self, mut each: impl FnMut(usize, anyhow::Result<Vec<Photo>>)) {
        for (at, page) in self.pdf.pages().iter().enumerate() {
            each(at + 1, content::pictures(page));
        }
    }
}

#[cfg(test)]
mod tests;
