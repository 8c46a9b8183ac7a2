//! Reports of other laboratories beside a lot's own tests. What a report says is in its file; here
//! is that there is one, from whom, and who may read it.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;
use crate::picture::PictureHash;

/// Most reports of one lot.
pub const LIST_MAX: i64 = 100;

/// A report to file; its document is kept already.
#[derive(Debug, Clone)]
pub struct NewReport<'a> {
    /// Of which lot.
    pub lot_id: i64,
    /// The result that it goes with.
    pub result_id: Option<i64>,
    /// Who issued it.
    pub laboratory: &'a str,
    /// Its number there.
    pub number: &'a str,
    /// When it was issued.
    pub issued_on: Date,
    /// Its file.
    pub sha256: PictureHash,
    /// Size of the file.
    pub bytes: i32,
    /// Whether everybody may read the file.
    pub is_public: bool,
    /// Who files it.
    pub account_id: i64,
    /// Made by the client.
    pub request_id: Uuid,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number here.
    pub id: i64,
    /// Of which lot.
    pub lot_id: i64,
    /// The result that it goes with.
    pub result_id: Option<i64>,
    /// Who issued it.
    pub laboratory: String,
    /// Its number there.
    pub number: String,
    /// When it was issued.
    pub issued_on: Date,
    /// Its file.
    pub sha256: PictureHash,
    /// Size of the file.
    pub bytes: i32,
    /// Whether everybody may read the file.
    pub is_public: bool,
    /// When it was filed.
    pub uploaded_at: OffsetDateTime,
    /// Role of who filed it.
    pub by_role: Option<String>,
    /// The request that filed it.
    pub request_id: Uuid,
}

/// Which reports are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only this one.
    pub id: Option<i64>,
    /// Only of this lot.
    pub lot_id: Option<i64>,
    /// Only the one of this request.
    pub request_id: Option<Uuid>,
}

/// Files a report; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewReport<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into test_report (lot_id, result_id, laboratory, number, issued_on, sha256, bytes,
                                  is_public, uploaded_at, account_id, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
        new.lot_id,
        new.result_id,
        new.laboratory,
        new.number,
        new.issued_on,
        &new.sha256.0,
        new.bytes,
        new.is_public,
        now,
        new.account_id,
        new.request_id
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The reports of a filter, oldest first, at most [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: Filter,
) -> Result<Vec<Report>, StoreError> {
    let rows = sqlx::query!(
        r#"select report.id, lot_id, result_id, laboratory, number, issued_on, sha256, bytes,
                  is_public, uploaded_at, account.role as "by_role?", request_id
           from test_report as report
           left join account on account.id = report.account_id
           where ($1::bigint is null or report.id = $1)
             and ($2::bigint is null or lot_id = $2)
             and ($3::uuid is null or request_id = $3)
           order by report.id limit $4"#,
        filter.id,
        filter.lot_id,
        filter.request_id,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    let mut reports = Vec::with_capacity(rows.len());
    for row in rows {
        reports.push(Report {
            id: row.id,
            lot_id: row.lot_id,
            result_id: row.result_id,
            laboratory: row.laboratory,
            number: row.number,
            issued_on: row.issued_on,
            sha256: row.sha256.as_slice().try_into()?,
            bytes: row.bytes,
            is_public: row.is_public,
            uploaded_at: row.uploaded_at,
            by_role: row.by_role,
            request_id: row.request_id,
        });
    }
    Ok(reports)
}

/// Says whether everybody may read the file of a report.
pub async fn set_public(
    connection: &mut PgConnection,
    id: i64,
    is_public: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update test_report set is_public = $2 where id = $1 and is_public <> $2",
        id,
        is_public
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether everybody may read a file: some lot that can be bought has it as a public report.
pub async fn is_public(
    connection: &mut PgConnection,
    sha256: &PictureHash,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from test_report as report join lot on lot.id = report.lot_id
               where sha256 = $1 and is_public
                 and lot.state in ('released', 'shipped', 'sold_out')
           ) as "found!""#,
        &sha256.0
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}
