//! What a password must be: long enough and not a guess (NIST SP 800-63B-4, section 3.1.1.2: length
//! and a blocklist instead of rules about its characters).

use super::message::Message;
use crate::message;

/// Shortest password, in characters.
pub const SHORTEST: usize = 8;
/// Longest password, in bytes: hashing a longer one would only cost time.
pub const LONGEST_BYTES: usize = 256;

/// What many people would try first, in lower case.
const GUESSED_FIRST: [&str; 24] = [
    "12345678",
    "123456789",
    "1234567890",
    "11111111",
    "00000000",
    "88888888",
    "66666666",
    "87654321",
    "12341234",
    "11223344",
    "password",
    "password1",
    "passw0rd",
    "qwertyui",
    "qwerty123",
    "1qaz2wsx",
    "abcd1234",
    "abc12345",
    "a1234567",
    "a12345678",
    "admin123",
    "admin1234",
    "iloveyou",
    "woaini1314",
];

/// The letters of initial passwords: none that is mistaken for another on paper.
const INITIAL_ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

/// Checks a password that somebody wants to have.
///
/// # Errors
/// What is wrong with it, for that person.
pub fn check(password: &str, login: &str) -> Result<(), Message> {
    if password.chars().count() < SHORTEST {
        return Err(message!("密码至少 8 位", "a password has at least 8 characters"));
    }
    if password.len() > LONGEST_BYTES {
        return Err(message!("密码过长", "the password is too long"));
    }
    let lower = password.to_lowercase();
    if GUESSED_FIRST.contains(&lower.as_str()) || lower == login.to_lowercase() {
        return Err(message!(
            "这个密码太容易被猜到，请换一个",
            "this password is guessed too easily; choose another"
        ));
    }
    Ok(())
}

/// An initial password from 12 random bytes: 60 bits, easy to read off paper.
pub fn initial(random: [u8; 12]) -> String {
    random
        .iter()
        .filter_map(|byte| INITIAL_ALPHABET.get(usize::from(byte % 32)))
        .map(|&byte| char::from(byte))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_obvious_passwords_are_refused() {
        for password in
            ["", "1234567", "七个字的密码呀", "12345678", "PassW0rd", "zhangsan@park", &"x".repeat(257)]
        {
            assert!(check(password, "ZhangSan@park").is_err(), "{password}");
        }
        for password in ["这是八个字的密码", "correct horse", "Yantai-2026!"] {
            assert!(check(password, "zhangsan").is_ok(), "{password}");
        }
    }

    #[test]
    fn initial_passwords_pass_the_check_and_use_every_letter() {
        let mut letters = std::collections::HashSet::new();
        for byte in 0..=255 {
            let password = initial([byte; 12]);
            assert_eq!(password.len(), 12);
            letters.extend(password.chars());
        }
        assert_eq!(letters.len(), 32);
        assert!(check(&initial([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), "zhangsan").is_ok());
    }
}
