//! Energy of a bus or tram second by second, from where it drives and how it accelerates.
//!
//! Power at the wheels is that of rolling, drag, acceleration and climbing:
//! `m g Crr v + rho/2 CdA v^3 + m (lambda a + g sin(slope)) v` (Guzzella & Sciarretta, Vehicle
//! Propulsion Systems, 2013, chapter 2). What an engine or motor needs for it follows from constant
//! efficiencies and auxiliaries. Where each figure comes from is said at the [`PowerModel`] that has
//! it; *unverified* marks a choice that was not found in a source.
//!
//! [`PowerMeter`] takes a vehicle's fixes as they come and gives energy and CO2 of each second.
//! Nitrogen oxides do not follow power second by second, as the catalyst remembers its temperature
//! for minutes: they are to be had of a curve over mean speed, for the [`Segment`]s of at least 500 m
//! that the meter measures.

mod meter;
mod types;

pub use meter::{METER_NUMBERS, PowerMeter};
pub use types::{Fed, Gap, Ignored, PowerSample, PowerStep, Segment};

/// Acceleration of gravity, m/s2.
const GRAVITY_M_S2: f64 = 9.81;

/// Density of air at 20 degrees Celsius, kg/m3; colder air is denser by 0.35 percent a degree.
const AIR_KG_M3: f64 = 1.204;

/// Zero degrees Celsius, K.
const ZERO_C_K: f64 = 273.15;

/// Mass of a passenger, kg (as for the type approval of city buses, less luggage).
const PASSENGER_KG: f64 = 75.0;

/// Accelerations that are believed, m/s2: hard braking of a bus, and of a tram pulling away.
const ACCELERATION_M_S2: (f64, f64) = (-4.0, 2.5);

/// Slopes that are believed, rise over run.
const SLOPE: (f64, f64) = (-0.15, 0.15);

/// Air temperatures that are believed, degrees Celsius.
const TEMPERATURE_C: (f64, f64) = (-45.0, 45.0);

/// Below it a vehicle stands, m/s.
const STANDS_M_S: f64 = 0.3;

/// What drives a vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// An engine that idles when the vehicle stands.
    Engine,
    /// An engine with a small battery that takes up what braking gives, and stops with the vehicle.
    Hybrid,
    /// A motor with a battery or a wire.
    Electric,
}

/// A kind of vehicle. All figures may be set; the constants are what is known of usual ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerModel {
    /// What drives it.
    pub drive: Drive,
    /// Empty, kg.
    pub empty_kg: f64,
    /// How many passengers fit.
    pub capacity: f64,
    /// Rolling resistance over weight.
    pub rolling: f64,
    /// Drag coefficient times frontal area, m2.
    pub drag_m2: f64,
    /// What turns, as a share of mass on top: lambda.
    pub rotating: f64,
    /// Fastest speed, m/s.
    pub speed_max_m_s: f64,
    /// Most power at the wheels, kW.
    pub wheel_max_kw: f64,
    /// Auxiliaries without heating, kW: mechanical of an engine, electric of a motor.
    pub auxiliary_kw: f64,
    /// From engine to wheels.
    pub driveline: f64,
    /// From fuel to shaft.
    pub engine: f64,
    /// Fuel of an idling engine, kW.
    pub idle_fuel_kw: f64,
    /// CO2 of the fuel at the tailpipe, g/MJ.
    pub co2_g_mj: f64,
    /// From battery or wire to wheels.
    pub motor: f64,
    /// From wheels to battery or wire.
    pub regeneration: f64,
    /// Battery of a hybrid that braking fills, MJ.
    pub buffer_mj: f64,
    /// Most power of a hybrid's motor at the wheels, kW.
    pub assist_max_kw: f64,
    /// Electric heating over that of a 12 m bus.
    pub heating: f64,
}

impl PowerModel {
    /// A diesel bus of 12 m, Euro VI. Mass 12 t, drag area 5.0 m2, 0.9 from engine to wheels, 40
    /// percent from fuel to shaft, 5 kW of auxiliaries, and 73.4 g/MJ as EMEP/EEA 2019. Rolling 0.008
    /// is that of heavy vehicles in NREL's ADVISOR. Other models are close (Sidrobus: 0.40 and 5.2 m2
    /// for a Citaro; 5 kW in a model of American transit buses), but none is measured: unverified.
    ///
    /// It idles at 36.6 kW of fuel: 0.97 US gallons an hour of a diesel transit bus of 13.6 t without
    /// accessories (US Department of Energy, Fact 861, 23 February 2015, compiled by Argonne from
    /// measurements of Oak Ridge National Laboratory), which are 3.67 l/h at 35.9 MJ/l. That was an
    /// older American bus; for a European one of Euro VI no free figure was found.
    ///
    /// On a line of 18 km/h with a stop every 270 m it needs 15.1 MJ/km, where EMEP/EEA has 15.8 at 15
    /// and 14.0 at 20 km/h.
    pub const DIESEL_BUS: Self = Self {
        drive: Drive::Engine,
        empty_kg: 12_000.0,
        capacity: 80.0,
        rolling: 0.008,
        drag_m2: 5.0,
        rotating: 0.05,
        speed_max_m_s: 30.0,
        wheel_max_kw: 210.0,
        auxiliary_kw: 5.0,
        driveline: 0.9,
        engine: 0.40,
        idle_fuel_kw: 36.6,
        co2_g_mj: 73.4,
        motor: 0.85,
        regeneration: 0.60,
        buffer_mj: 0.0,
        assist_max_kw: 0.0,
        heating: 0.0,
    };

    /// An articulated diesel bus of 18 m: 18 t, 5.6 m2 (unverified), the rest as the 12 m bus. Its
    /// idling and auxiliaries are scaled by mass (unverified).
    pub const DIESEL_BUS_ARTICULATED: Self = Self {
        empty_kg: 18_000.0,
        capacity: 120.0,
        drag_m2: 5.6,
        wheel_max_kw: 250.0,
        auxiliary_kw: 7.5,
        idle_fuel_kw: 54.9,
        ..Self::DIESEL_BUS
    };

    /// A bus of 12 m for compressed natural gas or biogas: 56.1 g/MJ. Spark ignition needs 1.4 times
    /// the fuel of the diesel bus, in driving and idling: the ratio of the two in EMEP/EEA 2019, 19.9
    /// to 14.0 MJ/km at 20 km/h and 14.2 to 10.2 at 40. Bottles weigh 0.7 t (unverified).
    pub const GAS_BUS: Self = Self {
        empty_kg: 12_700.0,
        engine: 0.285,
        idle_fuel_kw: 51.4,
        co2_g_mj: 56.1,
        ..Self::DIESEL_BUS
    };

    /// A hybrid diesel bus of 12 m. A battery that takes 3.6 MJ and a motor of 120 kW (unverified).
    pub const HYBRID_BUS: Self = Self {
        drive: Drive::Hybrid,
        empty_kg: 12_600.0,
        buffer_mj: 3.6,
        assist_max_kw: 120.0,
        ..Self::DIESEL_BUS
    };

    /// A battery bus of 12 m with electric heating: 0.85 to the wheels, 0.60 back (other models have
    /// 0.85 to 0.9 and 0.4 to 0.5: unverified), 13.5 t as an eCitaro in Sidrobus, 3 kW of auxiliaries
    /// (unverified). On a line of 18 km/h with a stop every 270 m it needs
    /// 1.1 kWh/km in mild weather and 2.1 at -25 degrees.
    pub const BATTERY_BUS: Self = Self {
        drive: Drive::Electric,
        empty_kg: 13_500.0,
        engine: 0.0,
        idle_fuel_kw: 0.0,
        co2_g_mj: 0.0,
        auxiliary_kw: 3.0,
        heating: 1.0,
        ..Self::DIESEL_BUS
    };

    /// An articulated battery bus of 18 m: heating 1.35 times that of 12 m (unverified).
    pub const BATTERY_BUS_ARTICULATED: Self = Self {
        empty_kg: 19_500.0,
        capacity: 120.0,
        drag_m2: 5.6,
        wheel_max_kw: 250.0,
        auxiliary_kw: 4.0,
        heating: 1.35,
        ..Self::BATTERY_BUS
    };

    /// An articulated low-floor tram of 27.6 m: 41.6 t, 88 seats and 75 to 125 standing, 8 x 65 kW,
    /// 80 km/h, 2.4 m by 3.83 m (Transtech Artic of Helsinki, from its description in Wikipedia).
    /// Rolling 0.005: steel on grooved rail with tight bends, between 0.001 to 0.002 of plain track
    /// and a tyre's 0.008 (unverified); drag area 0.8 x 9.2 m2 (unverified); turning masses 10 percent
    /// as all axles are driven (unverified); heating for the area of floor, 2.3 times a 12 m bus
    /// (unverified); efficiencies as a battery bus's (unverified).
    pub const TRAM: Self = Self {
        drive: Drive::Electric,
        empty_kg: 41_600.0,
        capacity: 200.0,
        rolling: 0.005,
        drag_m2: 7.4,
        rotating: 0.10,
        speed_max_m_s: 80.0 / 3.6,
        wheel_max_kw: 520.0,
        auxiliary_kw: 12.0,
        heating: 2.3,
        ..Self::BATTERY_BUS
    };
}

/// What a vehicle does in one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Speed, m/s, 0 or more.
    pub speed_m_s: f64,
    /// Acceleration, m/s2, -4 to 2.5.
    pub acceleration_m_s2: f64,
}

/// What surrounds a vehicle and what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerConditions {
    /// Passengers, 0 to the capacity.
    pub passengers: f64,
    /// Rise over run in the direction of travel, -0.15 to 0.15.
    pub slope: f64,
    /// Air temperature, degrees Celsius, -45 to 45.
    pub temperature_c: f64,
}

/// Power of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Power {
    /// At the wheels, kW; negative in braking.
    pub wheel_kw: f64,
    /// Of the fuel, kW.
    pub fuel_kw: f64,
    /// CO2 at the tailpipe, g/s, whatever the fuel was made of.
    pub co2_g_s: f64,
    /// Electric, from battery or wire, kW; negative where more comes back than is used.
    pub electric_kw: f64,
    /// How many inputs were out of range and moved to its end.
    pub clamped: u32,
}

/// Power of electric heating of a 12 m bus, kW, by air temperature, degrees Celsius: none from 15
/// degrees up, 3.6 at 5, 7.2 at -5, 12.6 at -15, 17.1 at -25 and colder, linear between. It is what
/// turns 1.05 kWh/km at 15 degrees into 1.25, 1.45, 1.75 and 2.0 at 18 km/h. Unverified: measured in
/// Finland are the mean, 0.78 kWh/km with fuel heaters, and that temperature is the first cause of its
/// spread (Vepsalainen et al., Energies 11, 2018, 3267). Cooling is left out.
///
/// ```
/// use traffic::emission::power::heating_kw;
/// assert_eq!(heating_kw(20.0), 0.0);
/// assert!((heating_kw(-10.0) - 9.9).abs() < 1e-9);
/// assert_eq!(heating_kw(-60.0), 17.1);
/// ```
pub fn heating_kw(temperature_c: f64) -> f64 {
    const CURVE: [(f64, f64); 5] =
        [(-25.0, 17.1), (-15.0, 12.6), (-5.0, 7.2), (5.0, 3.6), (15.0, 0.0)];
    let (coldest, most) = CURVE[0];
    if temperature_c <= coldest {
        return most;
    }
    let part = CURVE.windows(2).find(|part| temperature_c < part[1].0);
    part.map_or(0.0, |part| {
        let ((from, power), (to, next)) = (part[0], part[1]);
        power + (next - power) * (temperature_c - from) / (to - from)
    })
}

/// Fuel of the heater of a battery bus that has one, kW of diesel by air temperature: none from 5
/// degrees Celsius up, 10 kW (1 l/h) just below, 20 kW (2 l/h) at -20 and colder, linear between
/// (unverified). Its CO2 is that of diesel; its nitrogen oxides and particles are not modelled.
///
/// ```
/// use traffic::emission::power::heater_fuel_kw;
/// assert_eq!(heater_fuel_kw(5.0), 0.0);
/// assert!((heater_fuel_kw(-7.5) - 15.0).abs() < 1e-9);
/// assert_eq!(heater_fuel_kw(-40.0), 20.0);
/// ```
pub fn heater_fuel_kw(temperature_c: f64) -> f64 {
    if temperature_c < 5.0 { 10.0 + 10.0 * ((5.0 - temperature_c) / 25.0).min(1.0) } else { 0.0 }
}

/// Moves a number into its range and counts that.
fn clamp(value: f64, (least, most): (f64, f64), clamped: &mut u32) -> f64 {
    *clamped += u32::from(value < least || value > most);
    value.clamp(least, most)
}

impl PowerModel {
    /// Power of one moment. An engine needs `max(idle, (wheels / 0.9 + auxiliaries) / 0.40)` and
    /// nothing while the wheels turn it; a motor needs `wheels / 0.85` or gives `0.60 x wheels`, and
    /// auxiliaries and heating come on top. A hybrid's engine is off when it stands, and its motor's
    /// help is left to [`PowerMeter`], which knows how full the battery is. Inputs out of range and
    /// power beyond what the vehicle has are moved to the limit and counted; nothing for what is no
    /// number.
    ///
    /// ```
    /// use traffic::emission::power::{Motion, PowerConditions, PowerModel};
    /// let mild = PowerConditions { passengers: 0.0, slope: 0.0, temperature_c: 20.0 };
    /// let standing = Motion { speed_m_s: 0.0, acceleration_m_s2: 0.0 };
    /// let idle = PowerModel::DIESEL_BUS.power(standing, &mild).unwrap();
    /// // 36.6 kW of fuel are 2.7 g of CO2 a second.
    /// assert!((idle.co2_g_s - 2.686_44).abs() < 1e-9);
    /// let cruising = Motion { speed_m_s: 10.0, acceleration_m_s2: 0.0 };
    /// let diesel = PowerModel::DIESEL_BUS.power(cruising, &mild).unwrap();
    /// assert!((diesel.wheel_kw - 12.4276).abs() < 1e-9);
    /// assert!((diesel.fuel_kw - 47.021).abs() < 1e-3);
    /// let braking = Motion { speed_m_s: 10.0, acceleration_m_s2: -1.0 };
    /// assert_eq!(PowerModel::DIESEL_BUS.power(braking, &mild).unwrap().fuel_kw, 0.0);
    /// assert!(PowerModel::BATTERY_BUS.power(braking, &mild).unwrap().electric_kw < -60.0);
    /// let unheard_of = Motion { speed_m_s: 300.0 / 3.6, acceleration_m_s2: 0.0 };
    /// assert_eq!(PowerModel::TRAM.power(unheard_of, &mild).unwrap().clamped, 1);
    /// ```
    pub fn power(&self, motion: Motion, conditions: &PowerConditions) -> Option<Power> {
        let mut clamped = 0;
        let speed = clamp(motion.speed_m_s, (0.0, self.speed_max_m_s), &mut clamped);
        let acceleration = clamp(motion.acceleration_m_s2, ACCELERATION_M_S2, &mut clamped);
        let slope = clamp(conditions.slope, SLOPE, &mut clamped);
        let passengers = clamp(conditions.passengers, (0.0, self.capacity), &mut clamped);
        let temperature = clamp(conditions.temperature_c, TEMPERATURE_C, &mut clamped);
        if !temperature.is_finite() {
            return None;
        }
        let mass = self.empty_kg + PASSENGER_KG * passengers;
        let air = AIR_KG_M3 * (ZERO_C_K + 20.0) / (ZERO_C_K + temperature);
        let climb = GRAVITY_M_S2 * slope.atan().sin();
        let pull = (1.0 + self.rotating) * acceleration + climb;
        let rolling = mass * GRAVITY_M_S2 * self.rolling * speed;
        let drag = 0.5 * air * self.drag_m2 * speed.powi(3);
        let wheel = (rolling + drag + mass * pull * speed) / 1_000.0;
        // Brakes take what motors cannot.
        let wheel = clamp(wheel, (f64::NEG_INFINITY, self.wheel_max_kw), &mut clamped);
        let fuel_kw = self.fuel_kw(wheel, speed, 0.0);
        let electric_kw = match self.drive {
            Drive::Engine => 0.0,
            Drive::Hybrid => self.recovered_kw(wheel),
            Drive::Electric => {
                let heating = self.heating * heating_kw(temperature);
                let drive = if wheel > 0.0 { wheel / self.motor } else { self.recovered_kw(wheel) };
                drive + self.auxiliary_kw + heating
            }
        };
        let power = Power {
            wheel_kw: wheel,
            fuel_kw,
            co2_g_s: fuel_kw * self.co2_g_mj / 1_000.0,
            electric_kw,
            clamped,
        };
        (power.wheel_kw.is_finite() && power.electric_kw.is_finite() && power.fuel_kw.is_finite())
            .then_some(power)
    }

    /// Fuel, kW, for a power at the wheels of which a motor gives a part, kW.
    fn fuel_kw(&self, wheel_kw: f64, speed_m_s: f64, assist_kw: f64) -> f64 {
        let stands = speed_m_s < STANDS_M_S;
        match self.drive {
            Drive::Electric => 0.0,
            Drive::Engine | Drive::Hybrid if wheel_kw < 0.0 && !stands => 0.0,
            Drive::Hybrid if stands => 0.0,
            Drive::Hybrid if assist_kw > 0.0 && assist_kw >= wheel_kw => 0.0,
            Drive::Engine | Drive::Hybrid => {
                let shaft_kw = (wheel_kw - assist_kw).max(0.0) / self.driveline + self.auxiliary_kw;
                (shaft_kw / self.engine).max(self.idle_fuel_kw)
            }
        }
    }

    /// Electric power of braking, kW, 0 or less; no more than the motors can take.
    fn recovered_kw(&self, wheel_kw: f64) -> f64 {
        let most = if self.drive == Drive::Hybrid { self.assist_max_kw } else { self.wheel_max_kw };
        wheel_kw.clamp(-most, 0.0) * self.regeneration
    }
}
