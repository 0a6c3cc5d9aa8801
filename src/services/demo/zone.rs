//! The sample zone itself: chance, units, people.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::samples::{COMMITTEES, GIVEN, INCUBATORS, SURNAMES, TRADES};
use super::{BRANCHES, JOINED_MS, MEMBERS};
use crate::domain::ids::{MemberId, UnitId};
use crate::domain::org::UnitKind;
use crate::domain::roles::Role;
use crate::domain::time::Millis;
use crate::services::accounts::login_key;
use crate::store::members::{self, NewMember};
use crate::store::units::{self, UnitRow};
use crate::store::{AnyConnection, StoreError};

/// Somebody in the demo.
pub(super) struct Person {
    pub id: MemberId,
    pub unit: UnitId,
    /// How much they know: the chance to have an item of middle difficulty right.
    pub ability: f64,
    /// How keen they are: the chance to take part on a day.
    pub zeal: f64,
}

/// The login of the member with this index.
pub(super) fn login(index: usize) -> String {
    format!("yt{:04}", index + 1)
}

/// Makes everything, by chance that is always the same.
pub(super) struct Maker {
    pub random: ChaCha8Rng,
    pub now: Millis,
}

impl Maker {
    pub fn new(now: Millis) -> Self {
        Self { random: ChaCha8Rng::from_seed(*b"qianti demo zone, always alike.."), now }
    }

    /// A number from 0 up to 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        ((u64::from(self.random.next_u32()) * u64::from(bound)) >> 32) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> Option<&'a T> {
        let index = self.below(list.len());
        list.get(index).copied()
    }

    fn letter_of(&mut self, letters: &str) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let index = self.below(letters.len());
        letters.get(index).map(ToString::to_string).unwrap_or_default()
    }

    pub fn units(&mut self, connection: &mut AnyConnection) -> Result<Vec<UnitRow>, StoreError> {
        let root = units::find_root(connection)?.ok_or(StoreError::NotFound("root unit"))?;
        units::update_unit(connection, root.id, root.kind, &root.code, "烟台高新区党工委")?;
        let mut generals = Vec::new();
        for (index, name) in COMMITTEES.iter().enumerate() {
            let code = format!("C{}", index + 1);
            let committee = units::create_unit(connection, Some(&root), UnitKind::Committee, &code, name)?;
            for half in 0..2 {
                let incubator = INCUBATORS.get(index * 2 + half).copied().unwrap_or_default();
                let code = format!("{code}-G{}", half + 1);
                let name = format!("{incubator}孵化器党总支");
                generals.push((
                    units::create_unit(connection, Some(&committee), UnitKind::GeneralBranch, &code, &name)?,
                    incubator,
                ));
            }
        }
        let mut branches = Vec::new();
        for index in 0..BRANCHES {
            let Some((general, incubator)) = generals.get(index % generals.len().max(1)) else { break };
            let code = format!("B{:02}", index + 1);
            let trade = TRADES.get(index / generals.len().max(1)).copied().unwrap_or_default();
            let name = format!("{incubator}{trade}党支部");
            branches.push(units::create_unit(connection, Some(general), UnitKind::Branch, &code, &name)?);
        }
        Ok(branches)
    }

    pub fn people(
        &mut self,
        connection: &mut AnyConnection,
        branches: &[UnitRow],
        hash: &str,
    ) -> Result<Vec<Person>, StoreError> {
        let joined = self.now.plus_ms(-JOINED_MS);
        let root = units::find_root(connection)?.ok_or(StoreError::NotFound("root unit"))?;
        let add = |connection: &mut AnyConnection, login: String, name: String, unit: UnitId| {
            let new = NewMember {
                login_key: login_key(&login),
                login,
                name,
                unit_id: unit,
                password_hash: hash.to_owned(),
                must_change_password: false,
            };
            members::create_member(connection, &new, joined)
        };
        let leader = add(connection, "leader".into(), "周书记".into(), root.id)?;
        members::replace_grants(connection, leader, &[(Role::Leader, root.id)])?;
        // Branches differ in spirit, and people inside a branch differ too.
        let spirits: Vec<f64> = branches.iter().map(|_| 0.35 + 0.55 * self.fraction()).collect();
        let mut people = Vec::with_capacity(MEMBERS);
        for index in 0..MEMBERS {
            // Every branch has somebody; beyond that some are three times as big as others.
            let branch = if index < branches.len() { index } else { self.uneven(branches.len()) };
            let Some(unit) = branches.get(branch) else { continue };
            let mut name = self.letter_of(SURNAMES) + &self.letter_of(GIVEN);
            if self.fraction() < 0.7 {
                name += &self.letter_of(GIVEN);
            }
            let id = add(connection, login(index), name, unit.id)?;
            if index < branches.len() {
                members::replace_grants(connection, id, &[(Role::Leader, unit.id)])?;
            }
            let spirit = spirits.get(branch).copied().unwrap_or(0.5);
            let zeal = (spirit + 0.4 * (self.fraction() - 0.5)).clamp(0.02, 0.98);
            let ability = 0.45 + 0.35 * self.fraction() + 0.15 * spirit;
            people.push(Person { id, unit: unit.id, ability, zeal });
        }
        Ok(people)
    }

    /// An index below `bound`, the first ones more often than the last.
    fn uneven(&mut self, bound: usize) -> usize {
        let (one, other) = (self.below(bound), self.below(bound));
        if self.fraction() < 0.5 { one.min(other) } else { one }
    }
}
