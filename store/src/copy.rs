//! PostgreSQL's binary COPY format for the table of reports, which the driver has no typed
//! encoder for. Only the columns of `report` are known here.
//!
//! Format: <https://www.postgresql.org/docs/15/sql-copy.html>, section "Binary Format".

use model::time::Timestamp;

use crate::quality;
use crate::report::Report;

/// Signature, flags, and length of the header extension: none.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Microseconds from PostgreSQL's epoch, 2000-01-01, back to 1970-01-01.
const EPOCH_SHIFT_MICROS: i64 = 946_684_800_000_000;
/// Object id of `real`, the element type of `report.values`.
const REAL_OID: u32 = 700;
/// Columns of a row, in the order in which [`encode`] writes them.
pub(crate) const COLUMNS: &str = "probe_id, time, arrived, values, device_time, flags, outside";
const COLUMNS_COUNT: i16 = 7;
/// Length of a field that is null.
const NULL: i32 = -1;

/// Bytes of a row beside its values, at most.
const ROW_BYTES: usize = 96;

/// The reports as one COPY stream.
pub(crate) fn encode(reports: &[Report]) -> Vec<u8> {
    let slots: usize = reports.iter().map(|report| report.values.len()).sum();
    let mut out = Vec::with_capacity(HEADER.len() + 2 + reports.len() * ROW_BYTES + slots * 8);
    out.extend(HEADER);
    for report in reports {
        out.extend(COLUMNS_COUNT.to_be_bytes());
        field(&mut out, report.probe.0.to_be_bytes());
        field(&mut out, since_epoch(report.time));
        field(&mut out, since_epoch(report.arrived));
        values(&mut out, &report.values);
        optional(&mut out, report.source.device_time().map(since_epoch));
        let flags = quality::flags(report.source, report.outside);
        optional(&mut out, flags.map(i16::to_be_bytes));
        let outside = quality::outside(report.outside);
        optional(&mut out, outside.map(i64::to_be_bytes));
    }
    out.extend((-1_i16).to_be_bytes());
    out
}

/// Saturates: what PostgreSQL's calendar does not reach is refused there, not here.
fn since_epoch(time: Timestamp) -> [u8; 8] {
    time.0.saturating_sub(EPOCH_SHIFT_MICROS).to_be_bytes()
}

fn field<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    out.extend_from_slice(&(N as i32).to_be_bytes());
    out.extend_from_slice(&bytes);
}

fn optional<const N: usize>(out: &mut Vec<u8>, bytes: Option<[u8; N]>) {
    match bytes {
        Some(bytes) => field(out, bytes),
        None => out.extend(NULL.to_be_bytes()),
    }
}

/// A one-dimensional `real[]`; an empty one has no dimension at all.
fn values(out: &mut Vec<u8>, values: &[Option<f32>]) {
    let present = values.iter().flatten().count();
    let body = 12
        + if values.is_empty() {
            0
        } else {
            8 + 4 * values.len() + 4 * present
        };
    out.extend((body as i32).to_be_bytes());
    out.extend(i32::from(!values.is_empty()).to_be_bytes());
    out.extend(i32::from(present < values.len()).to_be_bytes());
    out.extend(REAL_OID.to_be_bytes());
    if values.is_empty() {
        return;
    }
    out.extend((values.len() as i32).to_be_bytes());
    out.extend(1_i32.to_be_bytes());
    for value in values {
        match value {
            Some(value) => field(out, value.to_be_bytes()),
            None => out.extend(NULL.to_be_bytes()),
        }
    }
}
