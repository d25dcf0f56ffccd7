// Seconds as both the axis of a session and the clock of a recording write them: `0:12.480`, `−0:03.200` before the
// start, `1:02:03.004` after an hour; cut to so many digits, as on the server.
export function clock(seconds, digits = 3) {
  const second = 10 ** digits;
  // Thousandths before the cut: 12.48 is a little less in binary.
  const whole = Math.floor(Math.round(Math.abs(seconds) * second * 1000) / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / second / 60);
  const rest = `${two(Math.floor(whole / second) % 60)}.${String(whole % second).padStart(digits, "0")}`;
  const sign = seconds < 0 && whole ? "−" : "";
  return minutes < 60 ? `${sign}${minutes}:${rest}` : `${sign}${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}
