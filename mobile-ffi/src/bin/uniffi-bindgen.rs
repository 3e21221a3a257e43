//! Writes the Kotlin and Swift bindings of this crate:
//! `cargo run -p teranga-mobile-ffi --bin uniffi-bindgen -- generate LIBRARY --language kotlin --out-dir DIR`,
//! LIBRARY being the built `libteranga_mobile_ffi.so`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
