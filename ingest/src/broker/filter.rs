//! Which topics are read from a broker: our own, and those of other makes' devices that are wanted.

use model::scheme::Scheme;

use crate::config::BrokerConfig;

/// How many filters, the first ones, are of our own topics and cannot be done without.
pub(super) const OWN: usize = 4;

/// The filters to subscribe with.
pub(super) fn list(config: &BrokerConfig) -> Vec<String> {
    let shared = |path: &str| match &config.shared_group {
        Some(group) => format!("$share/{group}/{path}"),
        None => path.to_owned(),
    };
    let mut filters = vec![
        shared("suyuan/v1/+/+/telemetry"),
        shared("suyuan/v1/+/+/modbus"),
        shared("suyuan/v1/+/+/snapshot"),
        // Not shared: every process may see it, and a shared one is never sent what is retained.
        "suyuan/v1/+/status".to_owned(),
    ];
    for scheme in &config.schemes {
        match scheme {
            Scheme::ThingsBoard => {
                filters.extend(
                    ["telemetry", "connect", "disconnect"]
                        .map(|word| shared(&format!("v1/gateway/{word}"))),
                );
            }
            Scheme::ChirpStack => filters.push(shared("application/+/device/+/event/+")),
            Scheme::Tasmota => filters.push(shared("tele/#")),
            // Not shared: a node's messages are understood in their order only, and every process
            // hears all of them. What several store is stored once.
            Scheme::Sparkplug => filters.extend(sparkplug()),
            Scheme::Modbus => {}
        }
    }
    filters
}

fn sparkplug() -> impl Iterator<Item = String> {
    let of_nodes = ["NBIRTH", "NDATA", "NDEATH"].map(|word| format!("spBv1.0/+/{word}/+"));
    let of_devices = ["DBIRTH", "DDATA", "DDEATH"].map(|word| format!("spBv1.0/+/{word}/+/+"));
    of_nodes.into_iter().chain(of_devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_subscribed_and_a_group_shares_it() -> Result<(), Box<dyn std::error::Error>>
    {
        let mut config = BrokerConfig::new("mqtt://127.0.0.1".parse()?, "c");
        assert_eq!(list(&config).len(), OWN + 3 + 1 + 1 + 6);
        config.schemes = vec![Scheme::Tasmota, Scheme::Sparkplug];
        config.shared_group = Some("g".to_owned());
        let filters = list(&config);
        assert_eq!(
            filters[..=OWN],
            [
                "$share/g/suyuan/v1/+/+/telemetry",
                "$share/g/suyuan/v1/+/+/modbus",
                "$share/g/suyuan/v1/+/+/snapshot",
                "suyuan/v1/+/status",
                "$share/g/tele/#",
            ]
        );
        assert!(
            filters[OWN + 1..]
                .iter()
                .all(|filter| filter.starts_with("spBv1.0/+/"))
        );
        Ok(())
    }
}
