//! A list of labels in CSV: `suyuan label --csv`. Its reader belongs to the executable.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/label/list.rs"]
mod list;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let source = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let Ok(mut list) = list::List::read(source) else {
        return;
    };
    let mut number = 0;
    while let Ok(Some(entry)) = list.next(|label| label) {
        number += 1;
        assert_eq!(entry.number, number);
        assert!(entry.line > 0);
    }
});
