import '../shared/tokens.css';
import '../shared/base.css';
import './player.css';
import { mount } from 'svelte';
import { storedTheme, useTheme } from '../shared/theme';
import App from './App.svelte';
import { keepAwake, keepInSight, keepPage } from './device';

useTheme(storedTheme());

const target = document.getElementById('app') as HTMLElement;
const focused = document.activeElement?.id;
const typed = (name: string) => target.querySelector<HTMLInputElement>(`[name=${name}]`)?.value ?? '';
const form = { code: typed('code'), name: typed('name') };
// A form sent before this script ran comes back in the address.
const sent = new URLSearchParams(location.search);
const props = {
  code: form.code || sent.get('code') || '',
  name: form.name || sent.get('name') || '',
  send: sent.has('code') && sent.has('name'),
};
target.replaceChildren();
mount(App, { target, props });
keepAwake();
keepInSight();
// A link with a secret, opened where its game is open already, loads nothing by itself.
addEventListener('hashchange', () => location.reload());
keepPage();
if (focused) document.getElementById(focused)?.focus();
