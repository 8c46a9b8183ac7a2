//! Gateways, profiles and probes with their places. Nobody has signed in with them yet: the
//! gateways of the past count as present, `demo-gw` waits for a visitor.

use std::collections::BTreeMap;

use anyhow::Context as _;
use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use store::camera::NewCamera;
use store::gateway::Credentials;
use store::probe::Channel;
use store::{Transaction, camera, gateway, plot, probe};

use super::Filing;
use crate::demo::calendar::at_clock;
use crate::demo::camera::first_day;
use crate::demo::catalog::cameras::CAMERAS;
use crate::demo::catalog::devices::{DEMO_GATEWAY, GATEWAYS, KEY, Profile};
use crate::demo::history::Past;
use crate::demo::weather::HOUR_S;

impl Filing {
    /// Registers the gateways, all with the demonstration's key.
    pub(super) async fn file_gateways(
        &mut self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        let now_s = self.now.unix_timestamp();
        for (planned, number) in GATEWAYS.iter().zip(0..) {
            let id = GatewayId::parse(planned.id)?;
            let credentials = Credentials::of_key(KEY.as_bytes(), self.salt(number));
            gateway::insert(
                transaction,
                &id,
                planned.name,
                &credentials,
                self.filed_at(),
            )
            .await?;
            let seen = Timestamp::from_seconds(now_s - planned.silent_h * HOUR_S);
            let online = planned.silent_h == 0 && planned.id != DEMO_GATEWAY;
            gateway::set_presence(transaction, &id, online, seen).await?;
        }
        Ok(())
    }

    /// Registers the profiles and the probes, each on its plot since its past began.
    pub(super) async fn file_probes(
        &mut self,
        transaction: &mut Transaction,
        pasts: &[Past],
    ) -> anyhow::Result<()> {
        let mut profiles = BTreeMap::new();
        for profile in Profile::ALL {
            let interval = i32::try_from(profile.interval_s())?;
            let channels = channels(profile);
            let id =
                probe::insert_profile(transaction, profile.name(), interval, &channels).await?;
            profiles.insert(profile.name(), id);
        }
        for past in pasts {
            let planned = past.probe;
            let gateway = GatewayId::parse(planned.gateway)?;
            let name = ProbeName::parse(planned.name)?;
            let profile = profiles
                .get(planned.profile.name())
                .context("no such profile")?;
            let key = probe::insert(transaction, &gateway, &name, *profile, past.from).await?;
            plot::place_probe(transaction, key.0, self.plot(planned.plot)?, past.from).await?;
        }
        Ok(())
    }
}

impl Filing {
    /// Registers the cameras, each looking at its plot since its first picture.
    pub(super) async fn file_cameras(&self, transaction: &mut Transaction) -> anyhow::Result<()> {
        for planned in &CAMERAS {
            let gateway = GatewayId::parse(planned.gateway)?;
            let name = ProbeName::parse(planned.name)?;
            let new = NewCamera {
                gateway: &gateway,
                name: &name,
                interval_seconds: i32::try_from(planned.every_days * 24 * HOUR_S)?,
            };
            let since = at_clock(first_day(planned, self.today()), 0, 0);
            let key = camera::insert(transaction, &new, since).await?;
            camera::place(transaction, key, self.plot(planned.plot)?, since).await?;
        }
        Ok(())
    }
}

/// A profile's channels as the store keeps them.
fn channels(profile: Profile) -> Vec<Channel> {
    let planned = profile.channels().iter().zip(0..);
    planned
        .map(|(channel, index)| Channel {
            index,
            name: channel.name.to_owned(),
            quantity: channel.quantity,
            unit: channel.unit.to_owned(),
            depth_cm: channel.depth_cm,
            valid_min: channel.valid.0,
            valid_max: channel.valid.1,
        })
        .collect()
}
