//! Readers of QR codes behind one function: ours as a phone calls it, and the libraries a user would pick instead.

use teranga_bench::frames::{HEIGHT, WIDTH};

/// The texts that a reader finds in a frame of [`WIDTH`] × [`HEIGHT`] bytes.
pub type Read = fn(&[u8]) -> Vec<String>;

/// A library and its name in keys and tables.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// What it finds.
    pub read: Read,
}

/// All that were built in, zxing-cpp first.
pub const PEERS: &[Peer] = &[
    #[cfg(feature = "readers")]
    Peer {
        name: "zxing",
        read: zxing,
    },
    Peer {
        name: "rqrr",
        read: rqrr,
    },
    #[cfg(feature = "readers")]
    Peer {
        name: "rxing",
        read: rxing,
    },
    Peer {
        name: "quircs",
        read: quircs,
    },
];

/// zxing-cpp as it is delivered (it tries harder, turned, inverted and scaled down), told that only QR codes matter.
#[cfg(feature = "readers")]
fn zxing(luma: &[u8]) -> Vec<String> {
    let Ok(view) = zxingcpp::ImageView::from_slice(luma, WIDTH, HEIGHT, zxingcpp::ImageFormat::Lum) else {
        return Vec::new();
    };
    let reader = zxingcpp::read().formats(zxingcpp::BarcodeFormat::QRCode);
    let codes = reader.from(&view).unwrap_or_default();
    codes
        .iter()
        .filter(|code| code.is_valid())
        .map(zxingcpp::Barcode::text)
        .collect()
}

/// rqrr stops the program on some frames (three finder patterns nearly in a line); there it has found nothing.
fn rqrr(luma: &[u8]) -> Vec<String> {
    let found = std::panic::catch_unwind(|| {
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(WIDTH, HEIGHT, |x, y| luma[y * WIDTH + x]);
        let grids = prepared.detect_grids();
        grids
            .iter()
            .filter_map(|grid| grid.decode().ok())
            .map(|(_, text)| text)
            .collect()
    });
    found.unwrap_or_default()
}

/// rxing, ZXing's Java code in Rust, told to try harder and that only QR codes matter. It gives the first code.
#[cfg(feature = "readers")]
fn rxing(luma: &[u8]) -> Vec<String> {
    let only = Some(rxing::BarcodeFormat::QR_CODE);
    let found = rxing::helpers::detect_in_luma_slice(luma, WIDTH as u32, HEIGHT as u32, only);
    found.map(|code| code.getText().to_owned()).into_iter().collect()
}

fn quircs(luma: &[u8]) -> Vec<String> {
    let mut reader = quircs::Quirc::default();
    let codes = reader.identify(WIDTH, HEIGHT, luma);
    codes
        .filter_map(|code| code.ok()?.decode().ok())
        .map(|data| String::from_utf8_lossy(&data.payload).into_owned())
        .collect()
}
