//! Stock clients that farms and microcontrollers have, against the front of a real system: paho of
//! Debian's Python for MQTT 3.1.1 and 5, and minimq, which has no heap. `mosquitto_pub` is used all
//! over these tests, `rumqttc` in the crate's own.

mod minimq;
mod paho;

pub use minimq::Minimq;
pub use paho::Paho;

use serde_json::json;

use crate::harness::system::System;

/// The probe of every gateway here.
const PROBE: &str = "field";

#[tokio::test]
async fn paho_hears_committed_wills_statuses_and_take_overs_in_both_versions() -> anyhow::Result<()>
{
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    for (version, gateway) in [("311", "gw-311"), ("5", "gw-5")] {
        let key = operator.register(gateway, PROBE).await?;
        let heard = Paho::talk(system.mqtt_port, version, gateway, &key).await?;
        let online = json!({"state": "online"});
        assert_eq!(heard["committed"], json!([1, 2, 3]), "{version}");
        assert_eq!(heard["retained"], json!([true, online]), "{version}");
        assert_eq!(heard["will"], json!({"state": "offline"}), "{version}");
        assert_eq!(heard["after_goodbye"], json!([online]), "{version}");
        // Neither learns why: 3.1.1 has no reasons, and paho 1.6 reads that of version 5 (0x8E, see
        // the front's own tests) only where properties follow it.
        let [ended, goes_on] = [&heard["taken_over"][0], &heard["taken_over"][1]];
        assert_ne!(*ended, 0, "{version}");
        assert_eq!(*goes_on, true, "{version}");
        assert_eq!(
            operator.readings(gateway, PROBE).await?.len(),
            4,
            "{version}"
        );
    }
    system.stop().await?;
    Ok(())
}
