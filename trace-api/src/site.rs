//! What every page needs of its request: language, who is signed in, where one is.

use axum::http::{HeaderMap, Uri, header};

use crate::caller::{Visitor, cookie};
use crate::page::{Flash, Lang, Role, Site, Who};
use crate::state::{AppState, timestamp};

/// Name of the cookie that remembers a chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "suyuan_lang";
/// Name of the cookie that remembers a chosen size of type.
pub(crate) const SIZE_COOKIE: &str = "suyuan_size";

/// The page's surroundings.
pub(crate) fn site(state: &AppState, visitor: &Visitor, uri: &Uri, headers: &HeaderMap) -> Site {
    Site {
        demo: state.setup().demo,
        lang: language(uri, headers),
        large: is_large(uri, headers),
        signed_in: visitor.0.as_ref().map(|caller| Who {
            account: caller.account.display_name.clone(),
            role: role(caller.account.role),
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        here: here(uri),
        now: timestamp(state.now()),
        // Forms are checked by their origin, see `csrf`.
        csrf: String::new(),
        flash: flash(uri, headers),
        copy: None,
    }
}

/// The language asked for: the address, else what was chosen before, else the browser's.
pub(crate) fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    let accepted = || {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        header.map(Lang::from_accept_language).unwrap_or_default()
    };
    parameter(uri, "lang")
        .and_then(Lang::from_code)
        .or_else(|| Lang::from_code(&cookie(headers, LANGUAGE_COOKIE)?))
        .unwrap_or_else(accepted)
}

/// The language that the address chooses, to be remembered.
pub(crate) fn chosen_language(uri: &Uri) -> Option<Lang> {
    parameter(uri, "lang").and_then(Lang::from_code)
}

/// Whether large type is asked for: by the address, else by what was chosen before.
fn is_large(uri: &Uri, headers: &HeaderMap) -> bool {
    let remembered = || cookie(headers, SIZE_COOKIE).as_deref() == Some("large");
    chosen_size(uri).map_or_else(remembered, |size| size == "large")
}

/// The size of type that the address chooses, to be remembered.
pub(crate) fn chosen_size(uri: &Uri) -> Option<&'static str> {
    match parameter(uri, "size")? {
        "large" => Some("large"),
        "normal" => Some("normal"),
        _ => None,
    }
}

/// The words shown after a form was done and the page came back.
fn flash(uri: &Uri, headers: &HeaderMap) -> Option<Flash> {
    let lang = language(uri, headers);
    let (zh, en) = match parameter(uri, "done")? {
        "lot" => ("批次已登记", "The lot is registered"),
        "labels" => ("标签已生成", "The labels are made"),
        "printing" => ("打印任务已建立", "The print job is made"),
        "job" => ("打印任务已更新", "The print job is changed"),
        "ledger" => ("已记入台账", "It stands in the ledger"),
        "offset" => ("偏移已保存", "The offset is saved"),
        "tested" => ("测试页已发送", "The test page is sent"),
        "test" => ("结果已保存", "The result is saved"),
        "filed" => ("已保存草稿", "The draft is kept"),
        "submitted" => (
            "已提交，等待审核",
            "It is handed in and waits for a supervisor",
        ),
        "credential" => (
            "证书已提交，等待核对",
            "The credential waits for a supervisor",
        ),
        "withdrawn" => ("证书已撤下", "The credential is withdrawn"),
        "approve" => ("已通过", "It is approved"),
        "return" => (
            "已退回，已告知生产主体",
            "It is sent back; the producer is told",
        ),
        "suspend" => (
            "已暂停，已告知生产主体",
            "It is suspended; the producer is told",
        ),
        "resume" => ("已恢复", "It may go on"),
        "relief" => ("帮扶标记已保存", "The mark is saved"),
        "harvest" => ("采收已登记", "The harvest is noted"),
        "release" => ("批次已放行", "The lot is released"),
        "ship" => ("出库已登记", "The shipment is noted"),
        "receive" => ("收货已登记", "The receipt is noted"),
        "sold-out" => ("批次已售完", "The lot is sold out"),
        "made" => ("加工已登记", "The processing is noted"),
        "report" => ("检测报告已保存", "The report is kept"),
        "certificate" => ("合格证已开具", "The certificate is issued"),
        "void" => ("合格证已作废", "The certificate is voided"),
        "record" => ("农事记录已保存", "The record is kept"),
        "input" => ("投入品已登记", "The input is filed"),
        "purchase" => ("购入已登记", "The purchase is noted"),
        "sample" => ("抽样已登记", "The sample is noted"),
        "corrected" => (
            "更正已登记，原结果保留",
            "The correction is entered; the first result stays on record",
        ),
        "password" => (
            "密码已修改，其他登录与令牌均已结束",
            "The password is changed; every other sign-in and token has ended",
        ),
        "ended" => ("已结束", "It has ended"),
        "acknowledged" => ("告警已确认", "The alarm is acknowledged"),
        "account-disabled" => ("账号已停用", "The account is disabled"),
        "account-enabled" => ("账号已恢复", "The account can be used again"),
        "sessions-ended" => ("已强制退出", "Its sign-ins have ended"),
        "account-linked" => ("身份关联已保存", "The link is saved"),
        "probe" => ("探头已登记", "The probe is registered"),
        "camera" => ("摄像头已登记", "The camera is registered"),
        "placed" => ("安放已保存", "The place is noted"),
        "calibrated" => ("校准已登记", "The calibration is entered"),
        "alias" => ("设备名已添加", "The name is added"),
        "alias-gone" => ("设备名已移除", "The name is removed"),
        "profile-used" => ("型号已更换", "The profile is changed"),
        "profile" => ("型号已新建", "The profile is made"),
        "profile-version" => ("新版本已保存", "The new version is saved"),
        "replay" => ("已安排重新处理", "It will be tried again"),
        "backup" => ("备份已开始", "The backup has begun"),
        "backup-running" => ("已有备份正在进行", "A backup is being made already"),
        "printer" => ("打印机已登记", "The printer is registered"),
        "template" => ("模板已保存", "The template is kept"),
        "shelved" => (
            "告警已搁置，到时自动恢复",
            "The alarm is on the shelf and returns by itself",
        ),
        "unshelved" => ("已取消搁置", "The alarm is off the shelf"),
        "assigned" => ("负责人已更新", "Who looks after it is noted"),
        "held" => ("批次已冻结", "The lot is held"),
        "released" => ("批次已放行", "The lot is released"),
        "waived" => ("已准予提前采收", "The interval is waived"),
        "recalled" => ("召回已生效", "The lots are called back"),
        "drilled" => (
            "演练完成，未改变任何批次",
            "The drill is done; nothing was changed",
        ),
        "called" => ("已记为联系到", "It is noted that they were reached"),
        "worded" => ("公告已更新", "The notice is reworded"),
        _ => return None,
    };
    let text = if lang == Lang::Zh { zh } else { en };
    Some(Flash {
        good: true,
        text: text.to_owned(),
    })
}

/// A parameter of the query that needs no decoding.
pub(crate) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Path and query without what belongs to this one showing.
fn here(uri: &Uri) -> String {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        !["", "lang", "size", "done"].contains(&key)
    });
    let query = kept.collect::<Vec<_>>().join("&");
    let join = if query.is_empty() { "" } else { "?" };
    format!("{}{join}{query}", uri.path())
}

const fn role(role: store::account::Role) -> Role {
    match role {
        store::account::Role::Operator => Role::Operator,
        store::account::Role::Supervisor => Role::Supervisor,
        store::account::Role::Producer => Role::Producer,
        // An instrument belongs to the lab and never signs in at a page.
        store::account::Role::Lab | store::account::Role::Instrument => Role::Lab,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_address_then_the_choice_then_the_browser_decide_the_language() {
        let mut headers = HeaderMap::new();
        let plain = Uri::from_static("/");
        assert_eq!(language(&plain, &headers), Lang::Zh);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(language(&plain, &headers), Lang::En);
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=b; suyuan_lang=zh"),
        );
        assert_eq!(language(&plain, &headers), Lang::Zh);
        assert_eq!(language(&Uri::from_static("/?lang=en"), &headers), Lang::En);
    }

    #[test]
    fn large_type_is_remembered_until_the_address_says_otherwise() {
        let mut headers = HeaderMap::new();
        let large = Uri::from_static("/?size=large");
        assert!(is_large(&large, &headers) && !is_large(&Uri::from_static("/"), &headers));
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("suyuan_size=large"),
        );
        assert!(is_large(&Uri::from_static("/?size=huge"), &headers));
        assert!(!is_large(&Uri::from_static("/?size=normal"), &headers));
    }

    #[test]
    fn the_way_back_keeps_the_question_and_drops_the_language() {
        let uri = Uri::from_static("/lab?lang=en&q=1&size=large&done=test");
        assert_eq!(here(&uri), "/lab?q=1");
        assert_eq!(here(&Uri::from_static("/lab?lang=en")), "/lab");
    }
}
