//! The database's named rules that a client can run into, each with the refusal that it means. A
//! constraint that is not here is a failure of ours.

use super::{Kind, Problem};

/// What a rule's refusal says: kind, the member at fault, English, Chinese.
type Refusal = (Kind, &'static str, &'static str, &'static str);

/// How the rule of every table ends that takes a request once. Most resends are seen before; two at
/// once, or an id that another kind of request had, are not.
const REQUEST_ONCE: &str = "_request_key";

/// The refusal that a rule of this name means.
pub(super) fn refused_by(constraint: &str) -> Option<Problem> {
    if constraint.ends_with(REQUEST_ONCE) {
        return Some(crate::act::lot::request_used());
    }
    let known = devices(constraint).or_else(|| record(constraint));
    let (kind, field, en, zh) = known.or_else(|| people(constraint))?;
    Some(Problem {
        field: Some(field),
        ..Problem::told(kind, en, zh)
    })
}

fn devices(constraint: &str) -> Option<Refusal> {
    use Kind::{Conflict, Invalid, NotFound};
    Some(match constraint {
        "gateway_pkey" => (
            Conflict,
            "id",
            "a gateway of this id is registered",
            "该网关编号已登记",
        ),
        "probe_name_key" => {
            let en = "the gateway has a probe of this name";
            (Conflict, "name", en, "该网关已有同名探头")
        }
        "camera_name_key" => {
            let en = "the gateway has a camera of this name";
            (Conflict, "name", en, "该网关已有同名摄像头")
        }
        "probe_gateway_fkey" | "camera_gateway_fkey" => (
            NotFound,
            "gateway",
            "there is no such gateway",
            "没有这个网关",
        ),
        "probe_profile_fkey" | "probe_profile_use_profile_fkey" => (
            Invalid,
            "profile_id",
            "there is no such profile",
            "没有这个型号",
        ),
        "probe_placement_plot_fkey" | "camera_placement_plot_fkey" => {
            (Invalid, "plot_id", "there is no such plot", "没有这个地块")
        }
        _ => return None,
    })
}

fn record(constraint: &str) -> Option<Refusal> {
    use Kind::Conflict;
    Some(match constraint {
        "lot_code_key" => (
            Conflict,
            "code",
            "the product has a lot of this code",
            "该产品已有此批次号",
        ),
        "test_method_edition_key" => {
            let en = "the method has an edition of this day";
            (Conflict, "valid_from", en, "该方法已有此日期的版本")
        }
        "producer_credit_code_key" => {
            let en = "a producer of this credit code is filed";
            (Conflict, "credit_code", en, "该统一社会信用代码已备案")
        }
        "credential_number_key" => {
            let en = "a credential of this number and first day is filed already";
            (Conflict, "number", en, "该编号及起始日期的证书已提交")
        }
        "product_gtin_key" => {
            let en = "another product has this number, or had it";
            (Conflict, "gtin", en, "该商品条码属于或曾属于另一产品")
        }
        "plot_name_key" => {
            let en = "the producer has a plot of this name";
            (Conflict, "name", en, "该主体已有同名地块")
        }
        "input_name_key" => (
            Conflict,
            "name",
            "the producer has filed this input",
            "该投入品已登记",
        ),
        "test_result_record_key" => {
            let en = "the instrument sent this record already";
            (Conflict, "record_id", en, "该仪器记录已上传")
        }
        "test_result_corrects_key" => {
            let en = "the result was corrected already: correct its correction";
            (Conflict, "corrects", en, "该结果已更正过，请更正最新的一条")
        }
        "test_report_file_key" => (
            Conflict,
            "body",
            "the lot has this report already",
            "该批次已有这份报告",
        ),
        _ => return None,
    })
}

fn people(constraint: &str) -> Option<Refusal> {
    use Kind::{Conflict, Invalid};
    Some(match constraint {
        "instrument_pkey" | "account_login_key" => {
            (Conflict, "id", "it is registered", "该编号已登记")
        }
        "account_oidc_key" => {
            let en = "another account is linked to this identity";
            (Conflict, "subject", en, "该身份已关联其他账号")
        }
        "account_producer_fkey" => (
            Invalid,
            "producer_id",
            "there is no such producer",
            "没有这个生产主体",
        ),
        "party_name_key" => {
            let en = "a party of this kind has this name";
            (Conflict, "name", en, "已有同名往来方")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_not_known_is_no_refusal() {
        assert!(refused_by("event_pkey").is_none());
        let used = refused_by("lot_step_request_key");
        assert_eq!(used.and_then(|problem| problem.field), Some("request_id"));
        let known = refused_by("account_oidc_key");
        assert_eq!(known.and_then(|problem| problem.field), Some("subject"));
    }
}
