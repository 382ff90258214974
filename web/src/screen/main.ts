import '../shared/tokens.css';
import '../shared/slate.css';
import '../shared/fonts.css';
import '../shared/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

mount(App, { target: document.getElementById('app') as HTMLElement });
