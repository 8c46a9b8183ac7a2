//! 资质证书 of the county's producers, each with an issuer that does not exist, and the marks of the
//! poverty relief programme. One ends soon and one has ended, so that both can be seen.

use store::credential::{self, Words};
use store::relief;
use store::{Transaction, account};
use time::{Duration, Month};
use uuid::Uuid;

use super::Filing;
use crate::demo::calendar::day_of;
use crate::demo::random::Stream;

/// A credential: producer, kind, number, days until its end.
type Planned = (&'static str, &'static str, &'static str, i64);

/// Numbers of a place that does not exist.
const PLANNED: [Planned; 9] = [
    ("maoba-tea", "sc", "SC11400000000011", 900),
    ("maoba-tea", "organic", "000OP0000001（演示）", 200),
    ("maoba-tea", "origin", "AGI0000（演示）", 3_000),
    ("shidi-tea", "sc", "SC11400000000020", 500),
    ("songbai-rice", "sc", "SC10100000000038", 21),
    ("gaoping-rice", "sc", "SC10100000000046", 700),
    ("tawo-bacon", "sc", "SC10400000000054", 400),
    ("shidi-kiwi", "green", "LB-00-0000000001（演示）", -12),
    ("furong-citrus", "quality", "000QMS000001（演示）", 610),
];

/// Producers of the programme: households that each is linked to, free tests a year.
const RELIEF: [(&str, i32, i32); 3] = [
    ("maoba-tea", 18, 36),
    ("zejia-citrus", 0, 12),
    ("wanmin-bacon", 0, 12),
];

impl Filing {
    /// Files the credentials, which the supervisor approves, and the marks.
    pub(super) async fn file_credentials(
        &self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        let today = self.today();
        for ((producer, kind, number, days), place) in PLANNED.iter().zip(0_i64..) {
            let valid_to = today.saturating_add(Duration::days(*days));
            let words = Words {
                product_id: None,
                kind,
                number,
                issuer: "演示发证机构",
                scan: None,
                valid_from: day_of(self.filed_at()).min(valid_to),
                valid_to,
            };
            let chance = Stream::new(self.seed, "credential", place);
            let id = Uuid::from_u64_pair(chance.bits(0), chance.bits(1));
            let owner = (id, self.producer(producer)?);
            let filed = (None, self.filed_at());
            credential::insert(transaction, owner, &words, filed).await?;
            let approved = ("approved", "");
            credential::set_state(transaction, (id, 1), approved, self.filed_at()).await?;
        }
        self.mark_relief(transaction).await
    }

    async fn mark_relief(&self, transaction: &mut Transaction) -> anyhow::Result<()> {
        let found = account::find_by_login(transaction, "supervisor").await?;
        let Some((supervisor, _)) = found else {
            return Ok(());
        };
        let today = self.today();
        let since = today.replace_day(1)?.replace_month(Month::January)?;
        for (producer, households, free_tests) in RELIEF {
            let words = relief::Words {
                households,
                free_tests,
                since,
                until: None,
                note: "演示标记",
            };
            let of = (self.producer(producer)?, 0);
            relief::put(transaction, of, &words, (supervisor.id, self.filed_at())).await?;
        }
        Ok(())
    }
}
