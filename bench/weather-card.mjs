// examples/weather-card, as what is measured.

import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const example = fileURLToPath(new URL('../examples/weather-card/Sources/WeatherCard', import.meta.url));

/**
 * Copies its sources into a folder, which is made if need be.
 * @param {string} folder
 * @returns {{ file: string, module: { name: string, sources: string[], flags: string[] } }} options of a session on its view
 */
export function copyWeatherCard(folder) {
  cpSync(example, folder, { recursive: true });
  const sources = readdirSync(folder).map((name) => path.join(folder, name));
  return { file: path.join(folder, 'WeatherCardView.swift'), module: { name: 'WeatherCard', sources, flags: ['-swift-version', '6'] } };
}
