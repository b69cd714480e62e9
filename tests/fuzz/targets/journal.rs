//! The file of an operation, as whoever can write there may have left it: read without a panic, and what is read is what was written.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    windrow::store::journal::reads(bytes);
    // Lines whose checksum is right reach what lies behind it.
    windrow::store::journal::reads(&windrow::store::journal::with_checksums(bytes));
});
