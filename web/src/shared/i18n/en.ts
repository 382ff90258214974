/** The texts of components that more than one surface uses. */
export const en = {
  theme: 'Colours',
  theme_system: 'As this device',
  theme_light: 'Light',
  theme_dark: 'Dark',
  theme_contrast: 'High contrast',
} as const;
