//! ZPL as one graphic field in hexadecimal: understood by every Zebra printer and by the many that
//! imitate it.

use std::fmt::Write as _;

use crate::press::Sheet;

/// Writes one label.
pub(crate) fn write(sheet: &Sheet) -> Vec<u8> {
    let bitmap = sheet.bitmap();
    let (bytes, row) = (bitmap.bytes().len(), bitmap.row_bytes());
    let mut out = format!(
        "^XA^PW{}^LL{}^LH0,0^FO0,0^GFA,{bytes},{bytes},{row},",
        bitmap.width(),
        bitmap.height()
    );
    for byte in bitmap.bytes() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out.push_str("^FS^XZ\n");
    out.into_bytes()
}
