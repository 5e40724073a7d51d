/** What is seen of the map: what WebGL has drawn stands nowhere in the document. */

import type { Page } from "playwright-core";

/** Half the side of the square that is looked at, CSS pixels: a symbol and some ground about it. */
const REACH = 16;

/**
 * How colourful the most colourful pixel about the middle of the map is: from 0 for grey to 255.
 * A second page of the browser reads the picture, where the policy of ours does not hold.
 */
export async function colourfulness(page: Page): Promise<number> {
  const map = await page.locator("#map").boundingBox();
  if (map === null) throw new Error("there is no map");
  const clip = {
    x: map.x + map.width / 2 - REACH,
    y: map.y + map.height / 2 - REACH,
    width: 2 * REACH,
    height: 2 * REACH,
  };
  const png = await page.screenshot({ clip });
  const reader = await page.context().newPage();
  const colourful = await reader.evaluate(async (png) => {
    const bytes = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const image = await createImageBitmap(bytes);
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    if (canvas === null) throw new Error("no canvas to read the picture with");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    let most = 0;
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      const [red = 0, green = 0, blue = 0] = data.subarray(pixel, pixel + 3);
      most = Math.max(most, Math.max(red, green, blue) - Math.min(red, green, blue));
    }
    return most;
  }, png.toString("base64"));
  await reader.close();
  return colourful;
}
