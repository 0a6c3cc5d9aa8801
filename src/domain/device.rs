//! The name of a device, for a member who looks through a list of their own.

use super::message::Message;
use crate::message;

/// Longest name of a device, in characters.
pub const LONGEST_NAME: usize = 100;

/// What to look for in a `User-Agent`, the more telling first, and how it is called (Chinese, English).
/// Apps that show pages carry the browser's words as well; every browser carries Safari's or Mozilla's.
const APPS: [(&str, &str, &str); 11] = [
    ("wxwork", "企业微信", "WeCom"),
    ("MicroMessenger", "微信", "WeChat"),
    ("DingTalk", "钉钉", "DingTalk"),
    ("HuaweiBrowser", "华为浏览器", "Huawei Browser"),
    ("MiuiBrowser", "小米浏览器", "Mi Browser"),
    ("Edg", "Edge", "Edge"),
    ("FxiOS", "Firefox", "Firefox"),
    ("Firefox", "Firefox", "Firefox"),
    ("CriOS", "Chrome", "Chrome"),
    ("Chrome", "Chrome", "Chrome"),
    ("Safari", "Safari", "Safari"),
];

const MACHINES: [(&str, &str, &str); 9] = [
    ("iPhone", "iPhone", "an iPhone"),
    ("iPad", "iPad", "an iPad"),
    ("OpenHarmony", "鸿蒙设备", "a HarmonyOS device"),
    ("HarmonyOS", "鸿蒙设备", "a HarmonyOS device"),
    ("Android", "安卓手机", "an Android phone"),
    ("Windows", "Windows 电脑", "a Windows computer"),
    ("Macintosh", "苹果电脑", "a Mac"),
    ("CrOS", "Chromebook", "a Chromebook"),
    ("Linux", "Linux 电脑", "a Linux computer"),
];

/// What a `User-Agent` header tells of the device, in plain words.
pub fn describe(user_agent: &str) -> Message {
    let find = |table: &[(&'static str, &'static str, &'static str)]| {
        table
            .iter()
            .find(|(word, ..)| user_agent.contains(word))
            .map(|&(_, chinese, english)| (chinese, english))
    };
    match (find(&MACHINES), find(&APPS)) {
        (Some((machine, a_machine)), Some((app, an_app))) => {
            message!("{machine}上的{app}", "{an_app} on {a_machine}")
        }
        (Some((machine, a_machine)), None) => {
            let english = a_machine.split_once(' ').map_or(a_machine, |(_, machine)| machine);
            message!("{machine}", "{english}")
        }
        (None, Some((app, an_app))) => message!("{app}", "{an_app}"),
        (None, None) => message!("未知设备", "unknown device"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Language;
    use super::*;

    #[test]
    fn the_phones_and_computers_of_members_are_called_what_people_call_them() {
        let wechat = "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
                      Chrome/126.0.0.0 Mobile Safari/537.36 XWEB/1260 MMWEBSDK/2024 MicroMessenger/8.0.50 WeChat/arm64";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.0 Mobile/15E148 Safari/604.1";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                    Safari/537.36 Edg/140.0.0.0";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (user_agent, chinese, english) in [
            (wechat, "安卓手机上的微信", "WeChat on an Android phone"),
            (safari, "iPhone上的Safari", "Safari on an iPhone"),
            (edge, "Windows 电脑上的Edge", "Edge on a Windows computer"),
            (firefox, "Linux 电脑上的Firefox", "Firefox on a Linux computer"),
            ("(iPad; app)", "iPad", "iPad"),
            ("(Linux)", "Linux 电脑", "Linux computer"),
            ("Firefox", "Firefox", "Firefox"),
            ("curl/8.5.0", "未知设备", "unknown device"),
            ("", "未知设备", "unknown device"),
        ] {
            let name = describe(user_agent);
            assert_eq!(
                (name.text(Language::Chinese), name.text(Language::English)),
                (chinese, english),
                "{user_agent}"
            );
        }
    }
}
