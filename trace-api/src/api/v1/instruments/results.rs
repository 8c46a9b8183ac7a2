//! `/api/v1/instruments/{instrument}/results`: a result, signed by the instrument that found it.
//! The signature is the authority: no account is asked for.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::{account, instrument, lot_step};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::api::v1::tests::TestResult;
use crate::extract::Named;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::quick_test::Round;
use crate::rule::result::Reading;
use crate::rule::signature::{self, Doubt, Signed, WINDOW};
use crate::state::AppState;

/// A result of an instrument.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Upload {
    /// The instrument's own number of it: sent again, it changes nothing.
    #[schema(example = "000123")]
    record_id: String,
    /// Code of a sample that was noted with its lot.
    #[schema(example = "S-20261120-07")]
    sample_code: String,
    /// What was looked for.
    #[schema(example = "抑制率")]
    item: String,
    /// Standard or method.
    #[schema(example = "GB/T 5009.199-2003")]
    method: String,
    /// The result, in the method's unit.
    #[schema(example = 12.5)]
    value: Option<f32>,
    /// `<` where it lies below `value`, the limit of quantification.
    #[serde(default)]
    qualifier: String,
    /// Whether line C of a card appeared.
    c_line: Option<bool>,
    /// Whether line T of a card appeared.
    t_line: Option<bool>,
    /// `first`, `repeat` or `confirm`.
    #[serde(default = "first")]
    #[schema(example = "first")]
    round: String,
    /// When it was tested.
    #[serde(with = "time::serde::rfc3339")]
    tested_at: OffsetDateTime,
}

fn first() -> String {
    Round::First.code().to_owned()
}

/// Takes a signed result. `X-Suyuan-Signature` is the HMAC-SHA256 in hexadecimal over the value of
/// `X-Suyuan-Timestamp` (Unix seconds, at most five minutes off), a line feed, that of
/// `X-Suyuan-Nonce` (8 to 64 characters, used once), a line feed, and the raw body.
#[utoipa::path(
    post, path = "/api/v1/instruments/{instrument}/results", tag = "tests",
    params(("instrument" = String, Path, description = "Id of the instrument"),
        ("x-suyuan-timestamp" = String, Header, description = "Unix seconds"),
        ("x-suyuan-nonce" = String, Header, description = "Used once"),
        ("x-suyuan-signature" = String, Header, description = "HMAC-SHA256 in hexadecimal")),
    request_body = Upload,
    responses((status = 201, body = TestResult), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Named(id): Named<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<(StatusCode, Json<TestResult>)> {
    let login = authenticate(&state, &id, &headers, &body).await?;
    let upload: Upload = serde_json::from_slice(&body)
        .map_err(|error| Problem::told(Kind::Malformed, error.to_string(), "上传内容无法识别"))?;
    crate::rule::plausible::text("record_id", &upload.record_id, 64)?;
    crate::rule::plausible::text("sample_code", &upload.sample_code, 64)?;
    let mut connection = state.store().acquire().await?;
    let found = account::find_by_login(&mut connection, &login).await?;
    let (account, _) = found.ok_or(Problem::of(Kind::WrongSignature))?;
    let lot = lot_step::find_sample(&mut connection, upload.sample_code.trim()).await?;
    drop(connection);
    let lot = lot.ok_or_else(|| {
        let (en, zh) = ("no sample of this code was noted", "没有登记此样品编号");
        Problem::invalid("sample_code", en, zh)
    })?;
    let entered = entered(&id, upload)?;
    let result = act::test::enter(&state, &account, lot, &entered).await?;
    Ok((StatusCode::CREATED, Json(result.into())))
}

/// The sign-in name of the instrument's account, if the upload is its own and is new.
async fn authenticate(
    state: &AppState,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<String> {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| {
            let en = format!("the header {name} is missing");
            Problem::told(Kind::Malformed, en, format!("缺少请求头 {name}"))
        })
    };
    let signed = Signed {
        timestamp: header("x-suyuan-timestamp")?,
        nonce: header("x-suyuan-nonce")?,
        signature: header("x-suyuan-signature")?,
    };
    let now = state.now();
    let mut connection = state.store().acquire().await?;
    let known = instrument::find_secret(&mut connection, &id.replace('\0', "")).await?;
    let (login, secret) = known.ok_or(Problem::of(Kind::WrongSignature))?;
    signature::verify(&secret, signed, body, now).map_err(|doubt| match doubt {
        Doubt::Time => Problem::told(
            Kind::WrongSignature,
            "the time of the signature is more than five minutes off",
            "签名时间与服务器相差超过五分钟",
        ),
        Doubt::Nonce => Problem::told(
            Kind::Malformed,
            "the nonce must have 8 to 64 printable characters",
            "随机串须为 8 至 64 个字符",
        ),
        Doubt::Signature => Problem::of(Kind::WrongSignature),
    })?;
    // Older nonces cannot be used any more: their times are outside the window.
    let since = now - WINDOW * 3;
    if !instrument::insert_nonce(&mut connection, (id, signed.nonce), now, since).await? {
        let (en, zh) = ("this nonce was used before", "随机串已被使用");
        return Err(Problem::told(Kind::Conflict, en, zh));
    }
    Ok(login)
}

fn entered(id: &str, upload: Upload) -> Answer<act::test::Entered> {
    let below = match upload.qualifier.as_str() {
        "" => false,
        "<" => true,
        _ => {
            let (en, zh) = ("it is < or empty", "限定符只能为空或“<”");
            return Err(Problem::invalid("qualifier", en, zh));
        }
    };
    let round = Round::from_code(&upload.round).ok_or_else(|| {
        let (en, zh) = ("it is first, repeat or confirm", "须为初检、复检或确证");
        Problem::invalid("round", en, zh)
    })?;
    Ok(act::test::Entered {
        request_id: request_id(id, &upload.record_id),
        sample_code: upload.sample_code,
        item: upload.item,
        method: upload.method,
        reading: upload.value.map(|value| Reading { value, below }),
        unit: None,
        limit: None,
        lines: upload.c_line.zip(upload.t_line),
        round,
        sampled_on: None,
        tested_at: Some(upload.tested_at),
        record: Some((id.to_owned(), upload.record_id)),
        corrects: None,
    })
}

/// The request of a record: the same one of the same instrument is the same request.
fn request_id(instrument: &str, record: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"suyuan instrument record\n");
    hash.update(instrument.as_bytes());
    hash.update(b"\n");
    hash.update(record.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}
