import '../shared/tokens.css';
import '../shared/fonts.css';
import '../shared/base.css';
import './host.css';
import { mount } from 'svelte';
import { storedTheme, useTheme } from '../shared/theme';
import App from './App.svelte';
import { navigation } from './navigation.svelte';

useTheme(storedTheme());
navigation.start();
mount(App, { target: document.getElementById('app') as HTMLElement });
