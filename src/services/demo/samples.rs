//! What the demo is made of: names, and a contest.

use crate::domain::blueprint::{Blueprint, MultipleRule, Section};
use crate::domain::points::Points;
use crate::domain::question::Kind;
use crate::domain::quiz::{QuizKind, QuizRules, Reveal};
use crate::domain::time::Millis;

const HOUR_MS: i64 = 3_600_000;

pub(super) const COMMITTEES: [&str; 4] =
    ["高新技术产业园党委", "生物医药产业园党委", "软件与服务外包园党委", "先进制造产业园党委"];
pub(super) const INCUBATORS: [&str; 8] =
    ["创业大厦", "留学人员创业园", "中俄科技园", "蓝色智谷", "火炬创新中心", "海智港", "云谷", "智能制造谷"];
pub(super) const TRADES: [&str; 11] =
    ["机关", "软件", "医药", "材料", "电子", "检测", "物流", "装备", "新能源", "金融服务", "人才服务"];
pub(super) const SURNAMES: &str =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕";
pub(super) const GIVEN: &str =
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉梅鑫宁浩然子涵雨欣晨曦文博志远思源海燕建国";

/// A contest of three days, with a time limit in minutes if it has one.
pub(super) fn contest(title: &str, minutes: Option<i64>, opens_at: Millis) -> QuizRules {
    let section = |title: &str, kind, count, points| Section {
        title: title.to_owned(),
        kinds: vec![kind],
        chapters: vec![],
        difficulty: (1, 5),
        count,
        points: Points(points),
        multiple_rule: MultipleRule::default(),
    };
    QuizRules {
        title: title.to_owned(),
        kind: QuizKind::Contest,
        opens_at,
        closes_at: Some(opens_at.plus_ms(3 * 24 * HOUR_MS)),
        duration_seconds: minutes.map(|minutes| minutes * 60),
        attempts_allowed: Some(2),
        pass_percent: 60,
        reveal: Reveal::AfterClose,
        blueprint: Blueprint {
            sections: vec![
                section("一、单项选择题", Kind::Single, 10, 400),
                section("二、多项选择题", Kind::Multiple, 6, 600),
                section("三、判断题", Kind::Judge, 6, 400),
            ],
            shuffle_questions: true,
            shuffle_options: true,
        },
    }
}
