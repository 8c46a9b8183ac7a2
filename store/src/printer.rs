//! Printers: where they are, what they understand, and their habits.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Most printers that a list holds.
pub const LIST_MAX: i64 = 200;

/// A printer to be registered, or its new settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whose it is; `None` where every producer may use it.
    pub producer_id: Option<i64>,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// `tspl`, `zpl`, `escpos` or `pdf`.
    pub language: String,
    /// 203 or 300.
    pub dpi: i16,
    /// Everything is printed this much further right.
    pub offset_x_mm: f32,
    /// Everything is printed this much further down.
    pub offset_y_mm: f32,
    /// Everything is printed this many times larger.
    pub scale: f32,
    /// Gap between two labels of the roll.
    pub gap_mm: f32,
    /// Whether each label is cut off.
    pub cut: bool,
}

/// A printer.
#[derive(Debug, Clone, PartialEq)]
pub struct Printer {
    /// Its number here.
    pub id: i64,
    /// Its settings.
    pub settings: Settings,
}

/// A row of `printer`.
struct Row {
    id: i64,
    producer_id: Option<i64>,
    name: String,
    address: String,
    language: String,
    dpi: i16,
    offset_x_mm: f32,
    offset_y_mm: f32,
    scale: f32,
    gap_mm: f32,
    cut: bool,
}

impl From<Row> for Printer {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            settings: Settings {
                producer_id: row.producer_id,
                name: row.name,
                address: row.address,
                language: row.language,
                dpi: row.dpi,
                offset_x_mm: row.offset_x_mm,
                offset_y_mm: row.offset_y_mm,
                scale: row.scale,
                gap_mm: row.gap_mm,
                cut: row.cut,
            },
        }
    }
}

/// Registers a printer.
pub async fn insert(
    connection: &mut PgConnection,
    new: &Settings,
    account_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into printer (producer_id, name, address, language, dpi, offset_x_mm, offset_y_mm,
                              scale, gap_mm, cut, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         returning id",
        new.producer_id,
        new.name,
        new.address,
        new.language,
        new.dpi,
        new.offset_x_mm,
        new.offset_y_mm,
        new.scale,
        new.gap_mm,
        new.cut,
        now,
        account_id
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Gives a printer new settings; `false` if there is none.
pub async fn update(
    connection: &mut PgConnection,
    id: i64,
    new: &Settings,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update printer
         set producer_id = $2, name = $3, address = $4, language = $5, dpi = $6, offset_x_mm = $7,
             offset_y_mm = $8, scale = $9, gap_mm = $10, cut = $11
         where id = $1",
        id,
        new.producer_id,
        new.name,
        new.address,
        new.language,
        new.dpi,
        new.offset_x_mm,
        new.offset_y_mm,
        new.scale,
        new.gap_mm,
        new.cut
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The printers that a producer may use, or all of them, by name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
) -> Result<Vec<Printer>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, producer_id, name, address, language, dpi, offset_x_mm, offset_y_mm, scale,
                gap_mm, cut
         from printer
         where $1::bigint is null or producer_id is null or producer_id = $1
         order by name limit $2",
        producer_id,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Printer::from).collect())
}

/// One printer.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Printer>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select id, producer_id, name, address, language, dpi, offset_x_mm, offset_y_mm, scale,
                gap_mm, cut
         from printer where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Printer::from))
}
