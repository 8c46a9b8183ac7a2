//! The producers: cooperatives, companies and households of 永顺's townships, none of which exist.

use model::credit_code::{CreditCode, CreditCodeError};

use super::credit_code::Body::{self, Company, Cooperative, Household};
use super::credit_code::test_code;

/// A producer on paper.
#[derive(Debug, Clone, Copy)]
pub struct Producer {
    /// How the other tables call it.
    pub key: &'static str,
    /// Cooperative, company or household.
    pub body: Body,
    /// Its name; 演示 comes before it.
    pub name: &'static str,
    /// Its English name; Demo comes before it.
    pub name_en: &'static str,
    /// 乡镇.
    pub township: &'static str,
}

impl Producer {
    /// The name as it is filed, marked as a demonstration.
    pub fn full_name(&self) -> String {
        format!("演示{}", self.name)
    }

    /// The name for English pages, marked as a demonstration.
    pub fn full_name_en(&self) -> String {
        format!("Demo {}", self.name_en)
    }

    /// What kind of body it is, in the database's word.
    pub const fn kind(&self) -> &'static str {
        match self.body {
            Cooperative => "cooperative",
            Company => "company",
            Household => "household",
        }
    }

    /// Its place in [`PRODUCERS`], from 1: what its invented numbers are made of.
    pub fn number(&self) -> u32 {
        PRODUCERS
            .iter()
            .position(|other| other.key == self.key)
            .map_or(0, |at| at as u32 + 1)
    }

    /// Its credit code: well formed, of a place that does not exist.
    pub fn credit_code(&self) -> Result<CreditCode, CreditCodeError> {
        test_code(self.body, self.number())
    }

    /// A business address that leads nowhere.
    pub fn address(&self) -> String {
        format!(
            "湖南省永顺县{}演示路 {} 号（演示地址）",
            self.township,
            self.number()
        )
    }

    /// A business contact that rings nowhere: no area code begins with 000.
    pub fn contact(&self) -> String {
        format!("000-0000{:04}（演示号码）", self.number())
    }
}

/// The cooperative whose staff is the account `producer` and on whose plot `demo-probe` stands.
pub const TEA_COOPERATIVE: &str = "maoba-tea";

const fn producer(
    key: &'static str,
    body: Body,
    name: &'static str,
    name_en: &'static str,
    township: &'static str,
) -> Producer {
    Producer {
        key,
        body,
        name,
        name_en,
        township,
    }
}

/// Every producer.
pub const PRODUCERS: [Producer; 14] = [
    producer(
        TEA_COOPERATIVE,
        Cooperative,
        "毛坝莓茶专业合作社",
        "Maoba Vine Tea Cooperative",
        "毛坝乡",
    ),
    producer(
        "shidi-tea",
        Company,
        "石堤云岭茶业公司",
        "Shidi Cloud Ridge Tea Company",
        "石堤镇",
    ),
    producer(
        "shidi-kiwi",
        Cooperative,
        "石堤猕猴桃专业合作社",
        "Shidi Kiwifruit Cooperative",
        "石堤镇",
    ),
    producer(
        "songbai-kiwi",
        Household,
        "松柏高山果业家庭农场",
        "Songbai Highland Fruit Farm",
        "松柏镇",
    ),
    producer(
        "songbai-rice",
        Cooperative,
        "松柏稻米专业合作社",
        "Songbai Rice Cooperative",
        "松柏镇",
    ),
    producer(
        "gaoping-rice",
        Household,
        "高坪梯田家庭农场",
        "Gaoping Terrace Farm",
        "高坪乡",
    ),
    producer(
        "furong-citrus",
        Cooperative,
        "芙蓉椪柑专业合作社",
        "Furong Ponkan Cooperative",
        "芙蓉镇",
    ),
    producer(
        "zejia-citrus",
        Household,
        "泽家河谷家庭农场",
        "Zejia River Valley Farm",
        "泽家镇",
    ),
    producer(
        "tawo-bacon",
        Company,
        "塔卧腊味食品公司",
        "Tawo Smoked Meat Company",
        "塔卧镇",
    ),
    producer(
        "wanmin-bacon",
        Household,
        "万民老屋腊肉作坊",
        "Wanmin Old House Smokery",
        "万民乡",
    ),
    producer(
        "wanping-tofu",
        Household,
        "万坪石磨豆腐作坊",
        "Wanping Stone Mill Tofu",
        "万坪镇",
    ),
    producer(
        "duishan-egg",
        Cooperative,
        "对山林下土鸡专业合作社",
        "Duishan Woodland Hen Cooperative",
        "对山乡",
    ),
    producer(
        "yanjing-egg",
        Household,
        "盐井散养家庭农场",
        "Yanjing Free Range Farm",
        "盐井乡",
    ),
    producer(
        "cheping-radish",
        Cooperative,
        "车坪高山蔬菜专业合作社",
        "Cheping Highland Vegetable Cooperative",
        "车坪乡",
    ),
];
