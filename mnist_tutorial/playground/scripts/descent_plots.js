/* The pictures of the descent explorer: parabola and ball, losses, points and line. */

import { around, lineEnds, logAxis, lossRange } from "./descent_model.js";
import { figure, make } from "./elements.js";
import { powerOfTen, significant, ticks } from "./numbers.js";
import { circle, label, plot, plotSlider, polyline, showSlider } from "./plot.js";

const dot = (spot) => circle("dot", spot, 3.5);

// startAt(w) is called when the reader moves the ball, which then is at the start.
export function makePlots(points, loss, state, word, startAt) {
  const [plane, history, scatter] = [plot(380, 318), plot(340, 150), plot(340, 150)];
  const [low, high] = loss.range;
  const now = () => state.path[0].w;
  const limits = { low, high, now, moveTo: startAt };
  const ball = plotSlider("start", plane, { ...limits, label: "moveBall" });
  const node = make(
    "div.plots",
    figure("parabola", ball),
    figure("losses", history.svg),
    figure("line", scatter.svg),
  );
  const render = () => {
    drawPlane(plane, loss, state.path, word("outside"));
    drawHistory(history, state.path);
    drawScatter(scatter, points, state.path.at(-1).w);
    showSlider(ball, now(), significant(now()));
  };
  return { node, render };
}

function drawPlane(plane, loss, path, outside) {
  const { at, range, half } = loss;
  const losses = lossRange(loss);
  const here = path.at(-1);
  const content = (x, y) => {
    const spot = ({ w, loss }) => [x(w), y(loss)];
    const curve = Array.from({ length: 81 }, (_, index) =>
      at(range[0] + (index / 40) * half),
    );
    const drawn = [
      polyline("curve", curve.map(spot)),
      polyline("trail", path.map(spot)),
      ...path.slice(-200, -1).map(spot).map(dot),
    ];
    if (!(here.w >= range[0] && here.w <= range[1]))
      return { drawn, written: arrow(plane.box, here.w > range[1], outside, here.w) };
    const reach = 0.18 * half;
    const tangent = [-reach, reach].map((dw) =>
      spot({ w: here.w + dw, loss: here.loss + dw * here.gradient }),
    );
    drawn.push(polyline("tangent", tangent));
    return { drawn, written: [circle("ball", spot(here), 9)] };
  };
  const [xTicks, yTicks] = [ticks(...range), ticks(...losses)];
  plane.draw({ xs: range, ys: losses, xTicks, yTicks, content });
}

// Instead of a ball that has left the picture.
function arrow({ left, right, top, bottom }, isRight, outside, w) {
  const [border, way] = isRight ? [right, 1] : [left, -1];
  const height = (top + bottom) / 2;
  const d = `M${border + 8 * way} ${height} l${-16 * way} -10 v20 z`;
  const text = `${outside} ${significant(w)}`;
  const said = label((left + right) / 2, height + 5, "middle", text);
  said.classList.add("outside");
  return [make("svg:path.ball.outside", { d }), said];
}

function drawHistory(history, path) {
  const { logs, low, high, powers } = logAxis(path.map(({ loss }) => loss));
  const last = Math.max(10, path.length - 1);
  history.draw({
    xs: [0, last],
    ys: [low, high],
    xTicks: ticks(0, last),
    yTicks: powers.map((power) => [power, powerOfTen(power)]),
    content: (x, y) => {
      const spots = logs.map((log, step) => [x(step), y(log)]);
      const dots = (spots.length > 60 ? spots.slice(-1) : spots).map(dot);
      return { drawn: [polyline("trail", spots), ...dots] };
    },
  });
}

function drawScatter(scatter, { x, y }, w) {
  const [xs, ys] = [around(x), around(y)];
  scatter.draw({
    xs,
    ys,
    xTicks: ticks(...xs),
    yTicks: ticks(...ys, 3),
    content: (toX, toY) => {
      const spot = ([x, y]) => [toX(x), toY(y)];
      const points = x.map((value, index) => dot(spot([value, y[index]])));
      const fit = polyline("fit", lineEnds(w, xs, ys).map(spot));
      return { drawn: [...points, fit] };
    },
  });
}
