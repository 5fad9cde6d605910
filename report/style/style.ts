import { Html } from '../html.ts';
import { drawings } from './drawings.ts';
import { layout } from './layout.ts';
import { media } from './media.ts';
import { tables } from './tables.ts';
import { theme } from './theme.ts';

export const style = new Html(`<style>${[theme, layout, tables, drawings, media].join('')}</style>`);
